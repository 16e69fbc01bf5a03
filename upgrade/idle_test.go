package upgrade_test

import (
	"context"
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

// idleAfter is settings with so much time without a message, and no pings.
func idleAfter(d time.Duration) upgrade.Settings {
	settings := noPings()
	settings.IdleTimeout = d
	return settings
}

// mute takes what comes and answers nothing.
func mute(in source) source { return flow.Filter(in, func(message.Message) bool { return false }) }

func requireBetween(t *testing.T, least, most, d time.Duration) {
	t.Helper()
	require.GreaterOrEqual(t, d, least)
	require.LessOrEqual(t, d, most)
}

// expectIdle expects the closing of an idle connection, at the earliest after d and an eighth later at the latest, and answers it.
func (e *end) expectIdle(since time.Time, d time.Duration) {
	e.t.Helper()
	e.expectIdleAmid(since, d, 0)
}

// expectIdleAmid is expectIdle for a connection with an open message, which may yet be finished within the grace.
func (e *end) expectIdleAmid(since time.Time, d, grace time.Duration) {
	e.t.Helper()
	e.expectClose(protocol.CloseGoingAway, "no message for "+d.String())
	requireBetween(e.t, d, d+d/8+grace, time.Since(since))
	e.close(protocol.CloseGoingAway, "")
	if e.role == protocol.Server {
		e.CloseWrite()
	}
	require.NoError(e.t, <-e.ended)
	require.ErrorIs(e.t, e.conn.Closed(), upgrade.ErrIdle)
	require.False(e.t, e.conn.Closed().FromPeer)
}

func TestConnectionIsNeverIdleByDefault(t *testing.T) {
	inBothRoles(t, echo, noPings(), func(t *testing.T, e *end) { e.ExpectNothing(365 * 24 * time.Hour) })
}

func TestConnectionWithoutAMessageIsEndedWith1001(t *testing.T) {
	inBothRoles(t, echo, idleAfter(5*time.Minute), func(_ *testing.T, e *end) {
		start := time.Now()
		e.expectIdle(start, 5*time.Minute)
	})
}

func TestMessagesInEitherDirectionKeepAConnectionBusy(t *testing.T) {
	const timeout = 80 * time.Second
	for name, test := range map[string]struct {
		h    handler
		step func(t *testing.T, e *end)
	}{
		"from the peer": {mute, func(_ *testing.T, e *end) { e.text("x") }},
		"to the peer": {mute, func(t *testing.T, e *end) {
			require.NoError(t, e.conn.Send(t.Context(), message.Text("x")))
			e.expectText("x")
		}},
		"in and out": {echo, func(_ *testing.T, e *end) { e.text("x"); e.expectText("x") }},
	} {
		t.Run(name, func(t *testing.T) {
			inBothRoles(t, test.h, idleAfter(timeout), func(t *testing.T, e *end) {
				for range 20 {
					time.Sleep(timeout - time.Second)
					test.step(t, e)
				}
				e.expectIdle(time.Now(), timeout)
			})
		})
	}
}

func TestMessagesForNobodyKeepAConnectionBusy(t *testing.T) {
	const timeout = 80 * time.Second
	h := flow.FromSinkAndSourceUncoupled(flow.Head[message.Message](), flow.Never[message.Message]())
	inBothRoles(t, h, idleAfter(timeout), func(t *testing.T, e *end) {
		for range 20 {
			e.text("x")
			time.Sleep(timeout - time.Second)
		}
		require.Nil(t, e.conn.Closed())
	})
}

// One read has so many messages that the reader waits for nothing for half a minute.
func TestMessagesThatWaitInABufferKeepAConnectionBusy(t *testing.T) {
	h := func(in source) source { return mute(slow(4*time.Millisecond, nil)(in)) }
	inBothRoles(t, h, idleAfter(time.Second), func(t *testing.T, e *end) {
		start := time.Now()
		var many []byte
		for len(many) < 60<<10 {
			many = wstest.TextFrame("x").Append(many, e.role)
		}
		e.Write(many)
		busy := time.Duration(len(many)/len(wstest.TextFrame("x").Append(nil, e.role))) * 4 * time.Millisecond
		e.expectIdle(start.Add(busy), time.Second)
	})
}

func TestControlFramesDoNotKeepAConnectionBusy(t *testing.T) {
	settings := idleAfter(5 * time.Minute)
	settings.PingInterval = time.Second
	inBothRoles(t, echo, settings, func(t *testing.T, e *end) {
		start := time.Now()
		for {
			f := e.ReadFrame()
			if f.Opcode == protocol.OpClose {
				require.Equal(t, "\x03\xe9no message for 5m0s", string(f.Payload))
				requireBetween(t, 5*time.Minute, 5*time.Minute+5*time.Minute/8, time.Since(start))
				break
			}
			if f.Opcode == protocol.OpPing {
				e.pong(string(f.Payload))
				e.frame(protocol.OpPing, "of the peer's", true)
			}
		}
	})
}

func TestPiecesOfAMessageKeepAConnectionBusy(t *testing.T) {
	const timeout = 80 * time.Second
	t.Run("of the peer's", func(t *testing.T) {
		for name, streaming := range map[string]bool{"strict": false, "streamed": true} {
			t.Run(name, func(t *testing.T) {
				settings := idleAfter(timeout)
				settings.Streaming, settings.MessageTimeout = streaming, -1
				inBothRoles(t, mute, settings, func(t *testing.T, e *end) {
					e.frame(protocol.OpBinary, "x", false)
					for range 20 {
						time.Sleep(timeout - time.Second)
						e.frame(protocol.OpContinuation, "x", false)
					}
					last := time.Now()
					e.beside(func() { // control frames inside it are no pieces
						for e.conn.Closed() == nil {
							_, _ = e.Conn().Write(wstest.Frame{Opcode: protocol.OpPong}.Append(nil, e.role))
							time.Sleep(time.Second)
						}
					})
					e.expectIdleAmid(last, timeout, 5*time.Second)
				})
			})
		}
	})
	t.Run("of ours", func(t *testing.T) {
		inBothRoles(t, mute, idleAfter(timeout), func(t *testing.T, e *end) {
			chunks := flow.NewQueue[string](1)
			e.beside(func() { _ = e.conn.Send(context.Background(), message.TextStream(chunks.Source())) })
			for range 20 {
				chunks.Offer("x")
				e.expectPiece("x")
				time.Sleep(timeout - time.Second)
			}
			chunks.Offer("x")
			last := time.Now()
			e.expectPiece("x")
			for e.conn.Closed() == nil {
				time.Sleep(time.Second)
			}
			require.ErrorIs(t, e.conn.Closed(), upgrade.ErrIdle)
			chunks.Close() // in good order: what is open is finished before the close frame
			e.ExpectFrame(wstest.Frame{Opcode: protocol.OpContinuation})
			e.expectClose(protocol.CloseGoingAway, "no message for 1m20s")
			requireBetween(t, timeout, timeout+timeout/8+time.Second, time.Since(last))
		})
	})
}

func TestWriteUnderWayKeepsAConnectionBusy(t *testing.T) {
	inBothRoles(t, deaf, idleAfter(10*time.Second), func(t *testing.T, e *end) {
		const size = 5 << 20
		e.beside(func() { _ = e.conn.Send(context.Background(), message.Binary(make([]byte, size))) })
		_ = e.Conn().SetReadDeadline(time.Time{})
		for total, buf := 0, make([]byte, 50_000); total < size; {
			time.Sleep(time.Second)
			n, err := e.Conn().Read(buf)
			require.NoError(t, err)
			total += n
		}
		require.Nil(t, e.conn.Closed())
	})
}

func TestHandlerAtWorkIsNoMessage(t *testing.T) {
	const timeout = 80 * time.Second
	inBothRoles(t, slow(time.Hour, nil), idleAfter(timeout), func(t *testing.T, e *end) {
		start := time.Now()
		e.text("x")
		time.Sleep(timeout - time.Second)
		require.Nil(t, e.conn.Closed())
		f := e.ReadFrame()
		require.Equal(t, protocol.OpClose, f.Opcode)
		requireBetween(t, timeout, timeout+timeout/8, time.Since(start)-5*time.Second) // with its grace
	})
}

func TestHandlersInputCompletesWhenItsConnectionIsIdle(t *testing.T) {
	farewell := func(in source) source { return flow.Concat(mute(in), flow.Of(message.Text("bye"))) }
	inBothRoles(t, farewell, idleAfter(time.Minute), func(_ *testing.T, e *end) {
		start := time.Now()
		e.expectText("bye")
		e.expectIdle(start, time.Minute)
	})
}

func TestIdleConnectionThatNobodyServesIsEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := wstest.NewPeerServer(t)
		d := s.Dialer()
		d.Settings = idleAfter(time.Minute)
		c, _, err := d.Dial(t.Context(), s.URL("/"))
		require.NoError(t, err)
		p := &peer{Peer: s.Accept(), t: t}
		p.Timeout = time.Hour
		p.expectClose(protocol.CloseGoingAway, "no message for 1m0s")
		p.close(protocol.CloseGoingAway, "")
		p.hangUp()
		synctest.Wait()
		require.ErrorIs(t, c.Closed(), upgrade.ErrIdle)
		require.NoError(t, c.Close(protocol.CloseNormal, ""))
	})
}

func TestIdlePeerThatDoesNotAnswerIsCutAtCloseTimeout(t *testing.T) {
	inBothRoles(t, deaf, idleAfter(80*time.Second), func(t *testing.T, e *end) {
		start := time.Now()
		var closed *upgrade.CloseError
		require.ErrorAs(t, <-e.ended, &closed)
		require.Equal(t, protocol.CloseAbnormal, closed.Code)
		requireBetween(t, 80*time.Second, 90*time.Second, time.Since(start)-15*time.Second) // its handler's grace, and CloseTimeout
	})
}
