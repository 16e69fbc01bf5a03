package upgrade_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// slow answers every message after d, or when its context is cancelled, whose cause it tells.
func slow(d time.Duration, cancelled chan<- error) handler {
	return func(in source) source {
		return flow.TryMap(in, func(ctx context.Context, m message.Message) (message.Message, error) {
			select {
			case <-time.After(d):
			case <-ctx.Done():
				select {
				case cancelled <- context.Cause(ctx):
				default:
				}
			}
			return m, nil
		})
	}
}

func TestPingIsAnsweredWhileTheHandlerIsBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(slow(time.Hour, nil), quiet)
		p := connect(t, wstest.NewServer(t, s), "/")
		p.text("x")
		start := time.Now()
		for _, body := range []string{"one", "two"} {
			p.frame(protocol.OpPing, body, true)
			p.expectPong(body)
		}
		require.Less(t, time.Since(start), time.Second)
		for {
			ev, err := p.next() // the keep-alive pings of an hour
			require.NoError(t, err)
			if ev.Opcode != protocol.OpPing {
				require.Equal(t, "x", string(ev.Payload))
				break
			}
			p.frame(protocol.OpPong, string(ev.Payload), true)
		}
		require.Equal(t, time.Hour, time.Since(start).Round(time.Second))
	})
}

func TestContextIsCancelledWhenThePeerIsGoneWhileTheHandlerIsBusy(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		cancelled := make(chan error, 1)
		s := serve(slow(time.Hour, cancelled), quiet)
		p := connect(t, wstest.NewServer(t, s, w), "/")
		p.text("x")
		p.hangUp()
		var closed *upgrade.CloseError
		require.ErrorAs(t, <-cancelled, &closed)
		require.Equal(t, protocol.CloseAbnormal, closed.Code)
		s.expectEnd(t, protocol.CloseAbnormal, false)
	})
}

func TestErrorCloseCancelsABusyHandler(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		cancelled := make(chan error, 1)
		s := serve(slow(time.Hour, cancelled), quiet)
		p := connect(t, wstest.NewServer(t, s, w), "/")
		p.text("x")
		p.close(3000, "enough")
		p.expectClose(3000, "enough")
		var closed *upgrade.CloseError
		require.ErrorAs(t, <-cancelled, &closed)
		require.Equal(t, upgrade.CloseCode(3000), closed.Code)
		s.expectEnd(t, 3000, true)
	})
}

func TestReplyDoesNotWaitForABusyHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(slow(10*time.Second, nil), quiet)
		p := connect(t, wstest.NewServer(t, s), "/")
		// Both in one segment: the second is being handled when the first one's reply could go out.
		start := time.Now()
		p.WriteFrames(wstest.TextFrame("x"), wstest.TextFrame("x"))
		p.expectText("x")
		first := time.Since(start)
		require.Less(t, first, 10*time.Second+20*time.Millisecond)
		p.expectText("x")
		require.Equal(t, 20*time.Second, time.Since(start).Round(time.Second))
	})
}

func TestStandInLeavesMessagesToTheHandler(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		d := time.Second
		if w.TCP {
			d = 20 * time.Millisecond
		}
		s := serve(slow(d, nil), quiet)
		p := connect(t, wstest.NewServer(t, s, w), "/")
		for _, text := range []string{"a", "b", "c", strings.Repeat("d", 100_000), "e"} {
			p.text(text)
			p.frame(protocol.OpPing, "ping", true)
		}
		for _, text := range []string{"a", "b", "c", strings.Repeat("d", 100_000), "e"} {
			for {
				ev, err := p.next()
				require.NoError(t, err)
				if !ev.Opcode.IsControl() {
					require.Equal(t, text, string(ev.Payload))
					break
				}
			}
		}
	})
}

func TestIdleConnectionLivesAndItsPingsAreTimed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conns := make(chan *upgrade.Conn, 1)
		s := serve(func(in source) source {
			return flow.TryMap(in, func(ctx context.Context, m message.Message) (message.Message, error) {
				conns <- upgrade.FromContext(ctx)
				return m, nil
			})
		}, quiet)
		p := connect(t, wstest.NewServer(t, s), "/")
		p.text("x")
		p.expectText("x")
		server := <-conns
		start := time.Now()
		require.Zero(t, server.RoundTripTime())
		for i := range 120 {
			ev, err := p.next()
			require.NoError(t, err)
			require.Equal(t, protocol.OpPing, ev.Opcode)
			require.Equal(t, time.Duration(i+1)*30*time.Second, time.Since(start).Round(time.Second))
			time.Sleep(200 * time.Millisecond) // virtual
			p.frame(protocol.OpPong, string(ev.Payload), true)
			synctest.Wait()
			require.Equal(t, 200*time.Millisecond, server.RoundTripTime())
		}
	})
}

func TestPeerWithoutPongIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(echo, quiet)
		p := connect(t, wstest.NewServer(t, s), "/")
		start := time.Now()
		s.expectEnd(t, protocol.CloseAbnormal, false)
		require.Equal(t, 40*time.Second, time.Since(start).Round(time.Second))
		p.expectEOF()
	})
}

func TestPeerThatDoesNotReadIsCutAtTheWriteDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		settings := quiet
		settings.PingInterval = -1
		s := serve(func(source) source {
			return flow.FromFunc(func(_ context.Context, emit func(message.Message) error) error {
				for {
					if err := emit(message.Text(strings.Repeat("x", 1000))); err != nil {
						return err
					}
				}
			})
		}, settings)
		connect(t, wstest.NewServer(t, s), "/")
		start := time.Now()
		s.expectEnd(t, protocol.CloseAbnormal, false)
		require.InDelta(t, 11, time.Since(start).Seconds(), 2)
	})
}

func TestMessageThatTakesTooLongIsClosedWith1008(t *testing.T) {
	for _, streaming := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			settings := quiet
			settings.Streaming = streaming
			settings.PingInterval = -1
			s := serve(echo, settings)
			p := connect(t, wstest.NewServer(t, s), "/")
			start := time.Now()
			p.frame(protocol.OpText, "begun", false)
			for {
				ev, err := p.next()
				require.NoError(t, err)
				if ev.Opcode == protocol.OpClose {
					require.Contains(t, string(ev.Payload), "\x03\xf0message took too long")
					break
				}
			}
			require.Equal(t, time.Minute, time.Since(start).Round(time.Second))
			s.expectEnd(t, protocol.ClosePolicyViolation, false)
		})
	}
}

func TestMessageDeadlineDoesNotOutliveTheMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		settings := quiet
		settings.PingInterval = -1
		s := serve(echo, settings)
		p := connect(t, wstest.NewServer(t, s), "/")
		p.frame(protocol.OpText, "be", false)
		synctest.Wait()
		time.Sleep(time.Second) // virtual
		p.frame(protocol.OpContinuation, "gun", true)
		p.expectText("begun")
		time.Sleep(time.Hour) // virtual
		p.text("still there")
		p.expectText("still there")
	})
}

func TestPongBehindABacklogIsNotLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const count = 2000
		settings := quiet
		settings.PingInterval, settings.WriteTimeout, settings.CloseTimeout = -1, -1, -1
		s := serve(func(source) source {
			return flow.FromFunc(func(_ context.Context, emit func(message.Message) error) error {
				for range count {
					if err := emit(message.Text(strings.Repeat("x", 1000))); err != nil {
						return err
					}
				}
				return nil
			})
		}, settings)
		c := wstest.NewServer(t, s).Dial("/") // with keep-alive
		taken := 0
		require.NoError(t, c.Source().Run(t.Context(), func(message.Message) error {
			time.Sleep(500 * time.Millisecond) // virtual
			taken++
			return nil
		}))
		require.Equal(t, count, taken)
		require.NoError(t, c.Close(protocol.CloseNormal, ""))
		s.expectEnd(t, 0, false)
	})
}

func TestMessageDeadlineStandsStillWhileAHandlerIsBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		settings := streaming()
		settings.PingInterval = -1
		s := serve(func(in source) source {
			return flow.TryMap(in, func(ctx context.Context, m message.Message) (message.Message, error) {
				err := m.Chunks().Run(ctx, func([]byte) error { time.Sleep(2 * time.Minute); return nil })
				return message.Text("done"), err
			})
		}, settings)
		p := connect(t, wstest.NewServer(t, s), "/")
		p.frame(protocol.OpText, "a", false)
		time.Sleep(90 * time.Second)
		p.frame(protocol.OpContinuation, "b", true)
		p.expectText("done")
	})
}

func TestMessagesForNobodyEachHaveTheirOwnDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		settings := quiet
		settings.PingInterval = -1
		s := serve(flow.FromSinkAndSourceUncoupled(flow.Head[message.Message](), flow.Never[message.Message]()), settings)
		p := connect(t, wstest.NewServer(t, s), "/")
		p.text("the only one that is wanted")
		time.Sleep(time.Second)
		frame := wstest.TextFrame(strings.Repeat("x", 100)).Append(nil, protocol.Client)
		begin, end := frame[:50], frame[50:]
		p.Write(begin)
		for range 120 { // in the middle of a message all the time, but of another one each second
			time.Sleep(time.Second)
			p.Write(append(end[:len(end):len(end)], begin...))
		}
		p.Write(end)
		p.frame(protocol.OpPing, "up?", true)
		p.expectPong("up?")
	})
}

func TestPeerMayCloseInsideAMessageWhileTheHandlerIsBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan error, 1)
		s := serve(func(in source) source { return input(ended)(slow(time.Second, nil)(in)) }, quiet)
		p := connect(t, wstest.NewServer(t, s), "/")
		p.text("x")
		p.frame(protocol.OpText, "half", false)
		p.close(protocol.CloseNormal, "")
		p.expectClose(protocol.CloseNormal, "")
		var closed *upgrade.CloseError
		require.ErrorAs(t, <-ended, &closed)
		s.expectEnd(t, protocol.CloseNormal, true)
	})
}

func TestPeersCloseWhileTheHandlerIsBusyIsAnsweredWhenItIsDone(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		d := time.Second
		if w.TCP {
			d = 20 * time.Millisecond
		}
		ended := make(chan error, 1)
		s := serve(func(in source) source { return input(ended)(slow(d, nil)(in)) }, quiet)
		p := connect(t, wstest.NewServer(t, s, w), "/")
		p.text("x")
		p.close(protocol.CloseNormal, "bye")
		p.expectClose(protocol.CloseNormal, "bye")
		require.NoError(t, <-ended)
		s.expectEnd(t, 0, false)
	})
}
