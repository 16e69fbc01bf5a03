package hixie_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	draft "github.com/wsflow/wsflow/protocol/hixie"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/upgrade/hixie"
	"github.com/wsflow/wsflow/wstest"
)

func TestHandlersThatFailAreLoggedAndTheConnectionCloses(t *testing.T) {
	for name, c := range map[string]struct {
		handler upgrade.Handler
		log     string
	}{
		"fails": {func(source) source { return flow.Fail[message.Message](errors.New("out of order")) }, "out of order"},
		"panics": {func(in source) source {
			return flow.Map(in, func(message.Message) message.Message { panic("oh no") })
		}, "oh no"},
		"panics when it is called": {func(source) source { panic("oh no") }, "oh no"},
		"sends a binary message": {func(source) source {
			return flow.Of(message.Binary([]byte("x")))
		}, "handler sent a binary message: hixie: the protocol has text messages only"},
		"sends what is not UTF-8": {func(source) source { return flow.Of(message.Text("a\xFFb")) }, "not valid UTF-8"},
		"streams too much": {func(source) source {
			return flow.Of(message.TextStream(flow.Of(strings.Repeat("x", 1<<20), "y")))
		}, "longer than Settings.MaxMessage"},
		"closes with a code": {func(source) source {
			return flow.Fail[message.Message](&upgrade.CloseError{Code: protocol.CloseTryAgainLater})
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			inBubbles(t, func(t *testing.T, v draft.Version) {
				log := new(record)
				p := connect(t, serve(t, &hixie.Handler{Upgrader: log.upgrader(), Handler: c.handler}), v)
				if name == "panics" {
					p.send("x")
				}
				p.expectEnd()
				if c.log == "" {
					require.Empty(t, log.String())
				} else {
					require.Contains(t, log.String(), c.log)
				}
			})
		})
	}
}

func TestHandlerThatLeavesItsGoroutine(t *testing.T) {
	inBubbles(t, func(t *testing.T, v draft.Version) {
		p := connect(t, serve(t, handlerOf(func(source) source {
			runtime.Goexit()
			return source{}
		})), v)
		p.expectEnd()
	})
}

func TestStreamedMessageIsSentAsOne(t *testing.T) {
	inBubbles(t, func(t *testing.T, v draft.Version) {
		p := connect(t, serve(t, handlerOf(func(source) source {
			return flow.Of(message.TextStream(flow.Of("a", "b", "c")), message.TextStream(flow.Fail[string](errors.New("torn"))))
		})), v)
		p.expectText("abc")
		p.expectEnd()
	})
}

func TestStreamedMessageMayBeAsLongAsTheSettingsSay(t *testing.T) {
	long := strings.Repeat("x", 1<<20) + "y"
	for _, limit := range []int64{-1, int64(len(long))} {
		inBubbles(t, func(t *testing.T, v draft.Version) {
			u := quiet()
			u.MaxMessage = limit
			p := connect(t, serve(t, &hixie.Handler{Upgrader: u, Handler: func(source) source {
				return flow.Of(message.TextStream(flow.Of(long)))
			}}), v)
			p.expectText(long)
			p.expectEnd()
		})
	}
}

func TestSecondRunOfTheInputFails(t *testing.T) {
	inBubbles(t, func(t *testing.T, v draft.Version) {
		again := make(chan error, 1)
		p := connect(t, serve(t, handlerOf(func(in source) source {
			return flow.FromFunc(func(ctx context.Context, emit func(message.Message) error) error {
				err := in.Run(ctx, emit)
				again <- in.Run(ctx, emit)
				return err
			})
		})), v)
		p.close()
		require.ErrorIs(t, <-again, flow.ErrConsumed)
		p.expectEnd()
	})
}

// The peer has said all, and the handler still replies: to what came before, and no longer than its grace.
func TestPeerThatCloses(t *testing.T) {
	inBubbles(t, func(t *testing.T, v draft.Version) {
		causes := make(chan error, 1)
		p := connect(t, serve(t, handlerOf(func(in source) source {
			return flow.FromFunc(func(ctx context.Context, emit func(message.Message) error) error {
				if err := in.Run(ctx, emit); err != nil {
					return err
				}
				time.Sleep(2 * time.Second)
				if err := emit(message.Text("after two seconds")); err != nil {
					return err
				}
				<-ctx.Done()
				causes <- context.Cause(ctx)
				return context.Cause(ctx)
			})
		})), v)
		p.send("Hello")
		p.close()
		began := time.Now()
		p.expectText("Hello")
		p.expectText("after two seconds")
		require.Equal(t, 2*time.Second, time.Since(began))
		requireCode(t, <-causes, protocol.CloseNoStatus)
		require.Equal(t, 5*time.Second, time.Since(began))
		p.expectEnd()
	})
}

func TestConnectionThatIsCut(t *testing.T) {
	for name, wire := range map[string]string{"between frames": "", "inside a frame": "\x00part of a mess"} {
		t.Run(name, func(t *testing.T) {
			onWires(t, func(t *testing.T, v draft.Version, w wstest.Wire) {
				ends := make(chan error, 1)
				p := connect(t, wstest.NewServer(t, handlerOf(watch(ends)), w), v)
				p.write([]byte(wire))
				require.NoError(t, p.nc.Close())
				err := <-ends
				if v == draft.Hixie75 && wire == "" { // which is how that version closes
					require.NoError(t, err)
					return
				}
				requireCode(t, err, protocol.CloseAbnormal)
			})
		})
	}
}

func TestConnectionThatIsCutCancelsTheHandler(t *testing.T) {
	inBubbles(t, func(t *testing.T, _ draft.Version) {
		causes := make(chan error, 1)
		p := connect(t, serve(t, handlerOf(func(source) source { // does not read
			return flow.FromFunc(func(ctx context.Context, _ func(message.Message) error) error {
				<-ctx.Done()
				causes <- context.Cause(ctx)
				return nil
			})
		})), draft.Hixie76)
		require.NoError(t, p.nc.Close())
		requireCode(t, <-causes, protocol.CloseAbnormal)
	})
}

func TestMessageThatTakesTooLong(t *testing.T) {
	inBubbles(t, func(t *testing.T, v draft.Version) {
		ends := make(chan error, 1)
		p := connect(t, serve(t, handlerOf(watch(ends))), v)
		time.Sleep(time.Hour) // between messages there is all the time
		p.send("Hello")
		p.expectText("Hello")
		time.Sleep(time.Hour)
		p.write([]byte{0x00})
		began := time.Now()
		for range 59 { // row 49: a byte a second
			time.Sleep(time.Second)
			p.write([]byte("x"))
		}
		requireCode(t, <-ends, protocol.ClosePolicyViolation)
		require.Equal(t, time.Minute, time.Since(began))
		p.expectEnd()
	})
}

func TestPeerThatDoesNotRead(t *testing.T) {
	inBubbles(t, func(t *testing.T, v draft.Version) {
		ends := make(chan error, 1)
		s := wstest.NewServer(t, handlerOf(func(source) source {
			return flow.FromFunc(func(_ context.Context, emit func(message.Message) error) error {
				for {
					if err := emit(message.Text(strings.Repeat("x", 1000))); err != nil {
						ends <- err
						return err
					}
				}
			})
		}), wstest.Wire{Buffer: 10_000})
		p := connect(t, s, v)
		began := time.Now()
		requireCode(t, <-ends, protocol.CloseAbnormal)
		require.Equal(t, 10*time.Second, time.Since(began))
		require.NoError(t, p.nc.Close())
	})
}

// While the handler is busy, one message is read ahead, and no more.
func TestBackpressure(t *testing.T) {
	inBubbles(t, func(t *testing.T, v draft.Version) {
		goOn := make(chan struct{})
		s := wstest.NewServer(t, handlerOf(func(in source) source {
			return flow.Map(in, func(m message.Message) message.Message {
				<-goOn
				return m
			})
		}), wstest.Wire{Buffer: 10_000})
		p := connect(t, s, v)
		var sent atomic.Int64
		go func() {
			for range 20 {
				_, _ = p.nc.Write([]byte("\x00" + strings.Repeat("x", 4998) + "\xFF"))
				sent.Add(1)
			}
		}()
		time.Sleep(time.Second)
		require.LessOrEqual(t, sent.Load(), int64(6))
		close(goOn)
		for range 20 {
			p.expectText(strings.Repeat("x", 4998))
		}
		p.close()
		p.expectEnd()
	})
}

func TestPeerThatDoesNotAnswerOurClosing(t *testing.T) {
	inBubbles(t, func(t *testing.T, v draft.Version) {
		p := connect(t, serve(t, handlerOf(func(source) source { return flow.Empty[message.Message]() })), v)
		began := time.Now()
		if v == draft.Hixie76 {
			require.Equal(t, draft.EventClose, p.event().Type)
		}
		for { // what it sends instead is thrown away, for as long as the closing may take
			if _, err := p.nc.Write([]byte("\x00Hello\xFF")); err != nil {
				break
			}
			time.Sleep(time.Second)
		}
		require.InDelta(t, 10, time.Since(began).Seconds(), 1)
		_, err := p.nc.Read(make([]byte, 1))
		require.ErrorIs(t, err, io.EOF)
		require.NoError(t, p.nc.Close())
	})
}

func TestShutdown(t *testing.T) {
	inBubbles(t, func(t *testing.T, v draft.Version) {
		ends := make(chan error, 1)
		h := handlerOf(watch(ends))
		s := serve(t, h)
		p := connect(t, s, v)
		p.send("Hello")
		p.expectText("Hello")
		down := make(chan error, 1)
		go func() { down <- h.Shutdown(context.Background()) }()
		require.NoError(t, <-ends)
		p.expectEnd()
		require.NoError(t, <-down)
		require.NoError(t, h.Shutdown(context.Background()))
		p = ask(t, s, v, s.HTTPURL(""))
		p.flush()
		_, err := p.next()
		requireStatus(t, err, 503)
		require.NoError(t, p.nc.Close())
	})
}

func TestShutdownCancelsHandlersAfterTheirGraceAndCutsAtItsDeadline(t *testing.T) {
	inBubbles(t, func(t *testing.T, v draft.Version) {
		causes := make(chan error, 1)
		h := handlerOf(func(source) source {
			return flow.FromFunc(func(ctx context.Context, _ func(message.Message) error) error {
				<-ctx.Done()
				causes <- context.Cause(ctx)
				return nil
			})
		})
		s := serve(t, h)
		p := connect(t, s, v)
		synctest.Wait() // the handler runs
		began := time.Now()
		ctx, cancel := context.WithTimeout(context.Background(), 7*time.Second)
		defer cancel()
		err := h.Shutdown(ctx) // the peer does not answer
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "hixie: 1 connection was cut: ")
		require.Equal(t, 7*time.Second, time.Since(began))
		require.ErrorIs(t, <-causes, upgrade.ErrShutdown)
		require.NoError(t, p.nc.Close())
	})
}

func TestShutdownDuringTheHandshake(t *testing.T) {
	inBubbles(t, func(t *testing.T, _ draft.Version) {
		h := handlerOf(echo)
		s := serve(t, h)
		p := ask(t, s, draft.Hixie76, s.HTTPURL(""))
		out := p.conn.Output()
		p.write(out[:len(out)-8])
		_, err := p.nc.Read(make([]byte, 1))
		require.NoError(t, err)
		require.NoError(t, h.Shutdown(context.Background()))
		require.NoError(t, p.nc.Close())
	})
}

func TestNegativeTimeoutsAreNone(t *testing.T) {
	inBubbles(t, func(t *testing.T, v draft.Version) {
		ends := make(chan error, 1)
		h := handlerOf(watch(ends))
		h.BodyTimeout = -1
		set := &h.Upgrader.Settings
		set.MaxMessage, set.MessageTimeout, set.WriteTimeout, set.CloseTimeout, set.CloseGrace = -1, -1, -1, -1, -1
		s := serve(t, h)
		p := ask(t, s, v, s.HTTPURL(""))
		out := p.conn.Output()
		head := bytes.Index(out, []byte("\r\n\r\n")) + 4
		p.write(out[:head])
		time.Sleep(time.Hour)
		p.write(out[head:])
		require.Equal(t, draft.EventOpen, p.event().Type)
		p.write([]byte{0x00})
		time.Sleep(time.Hour)
		p.write([]byte("slow\xFF"))
		p.expectText("slow")
		p.close()
		p.expectEnd()
		require.NoError(t, <-ends)
	})
}
