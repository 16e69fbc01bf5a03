package upgrade_test

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"strings"
	"sync"
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

// The reader of a connection has one owner at a time. The race detector judges these tests, too.

// silently is a handler that answers nothing and hands out its connection.
func silently(conns chan<- *upgrade.Conn) handler {
	return func(in source) source {
		return flow.FromFunc(func(ctx context.Context, _ func(message.Message) error) error {
			conns <- upgrade.FromContext(ctx)
			return in.Run(ctx, func(message.Message) error { return nil })
		})
	}
}

func TestHandlerThatComesAfterShutdownDoesNotReadBesideIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := &upgrade.Upgrader{Settings: quiet}
		down, ran := make(chan error, 1), make(chan error, 1)
		srv := wstest.NewServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c, err := u.Upgrade(w, r)
			require.NoError(t, err)
			go func() { down <- u.Shutdown(context.Background()) }()
			time.Sleep(20 * time.Millisecond) // the shutdown reads now
			ran <- c.Run(r.Context(), echo)
		}))
		p := connect(t, srv, "/")
		p.expectClose(protocol.CloseGoingAway, "*")
		for range 50 {
			p.text(strings.Repeat("x", 100)) // what was on its way
			time.Sleep(2 * time.Millisecond)
		}
		p.close(protocol.CloseGoingAway, "")
		p.expectEOF()
		require.NoError(t, <-down)
		require.NoError(t, <-ran)
	})
}

func TestHeldMessageIsDrainedWhenItsHandlerFails(t *testing.T) {
	for name, busy := range map[string]time.Duration{"with a chunk at hand": 20 * time.Millisecond, "waiting for the next chunk": 0} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var got strings.Builder
				read := make(chan error, 1)
				s := serve(func(in source) source {
					return flow.TryMap(in, func(ctx context.Context, m message.Message) (message.Message, error) {
						m.Hold()
						go func() {
							defer m.Release()
							read <- m.TextChunks().Run(context.WithoutCancel(ctx), func(c string) error {
								got.WriteString(c)
								time.Sleep(busy)
								return nil
							})
						}()
						time.Sleep(time.Millisecond)
						return m, errors.New("fails")
					})
				}, streaming())
				p := connect(t, wstest.NewServer(t, s), "/")
				p.frame(protocol.OpText, "0", false)
				time.Sleep(10 * time.Millisecond)
				p.frame(protocol.OpContinuation, "1", true)
				p.expectClose(protocol.CloseInternalError, "")
				p.close(protocol.CloseInternalError, "")
				require.ErrorIs(t, <-read, upgrade.ErrDrained)
				require.Equal(t, "0", got.String())
				s.expectEnd(t, protocol.CloseInternalError, false)
			})
		})
	}
}

func TestMessageIsEitherBegunOrDrained(t *testing.T) {
	var readers sync.WaitGroup
	s := serve(func(in source) source {
		return flow.Filter(in, func(m message.Message) bool {
			readers.Go(func() { // the message is not held: this comes in time or not
				var got strings.Builder
				err := m.TextChunks().Run(context.Background(), func(c string) error { got.WriteString(c); return nil })
				if err != nil && !errors.Is(err, upgrade.ErrDrained) {
					t.Error(err)
				}
				if err == nil && got.String() != "ab" {
					t.Errorf("want ab, got %q", got.String())
				}
			})
			runtime.Gosched()
			return false
		})
	}, streaming())
	p := connect(t, wstest.NewServer(t, s, wstest.Wire{TCP: true}), "/")
	const count = 5000
	frames := make([]wstest.Frame, 0, 2*count)
	for range count {
		frames = append(frames,
			wstest.Frame{Opcode: protocol.OpText, Payload: []byte("a"), More: true},
			wstest.Frame{Opcode: protocol.OpContinuation, Payload: []byte("b")})
	}
	p.WriteFrames(frames...)
	p.close(protocol.CloseNormal, "")
	p.expectClose(protocol.CloseNormal, "*")
	s.expectEnd(t, 0, false)
	readers.Wait()
}

func TestCancelledRunOfChunksEndsThoughTheStandInReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		settings := streaming()
		settings.PingInterval = -1
		took := make(chan time.Duration, 1)
		s := serve(func(in source) source {
			return flow.TryMap(in, func(ctx context.Context, m message.Message) (message.Message, error) {
				start := time.Now()
				short, cancel := context.WithTimeout(ctx, time.Second)
				defer cancel()
				err := m.Chunks().Run(short, func([]byte) error {
					time.Sleep(2 * time.Second) // busy for longer than its context lives
					return nil
				})
				took <- time.Since(start)
				return m, err
			})
		}, settings)
		p := connect(t, wstest.NewServer(t, s), "/")
		p.frame(protocol.OpText, "a", false)
		require.Equal(t, 2*time.Second, <-took)
	})
}

func TestStandInKeepsAwayFromTheClosing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(func(in source) source {
			return flow.TryMap(in, func(_ context.Context, m message.Message) (message.Message, error) {
				time.Sleep(13 * time.Millisecond) // the stand-in has come
				return m, &upgrade.CloseError{Code: 4000}
			})
		}, quiet)
		srv := wstest.NewServer(t, s)
		for range 20 {
			p := connect(t, srv, "/")
			p.text("x")
			p.expectClose(4000, "*")
			for range 10 {
				p.frame(protocol.OpPing, "x", true)
				time.Sleep(time.Millisecond)
			}
			p.close(4000, "")
			s.expectEnd(t, 4000, false)
		}
	})
}

func TestConnectionIsClosedFromManyGoroutinesAtOnce(t *testing.T) {
	for _, w := range []wstest.Wire{{TCP: true}, {TCP: true, TLS: true}} {
		t.Run(w.String(), func(t *testing.T) {
			conns := make(chan *upgrade.Conn, 1)
			s := serve(silently(conns), quiet)
			srv := wstest.NewServer(t, s, w)
			for range 20 {
				client := srv.Dial("/")
				server := <-conns
				var all sync.WaitGroup
				all.Go(func() { _ = client.Run(context.Background(), echo) })
				for range 3 {
					all.Go(func() { _ = client.Close(protocol.CloseNormal, "") })
					all.Go(func() { _ = server.Close(protocol.CloseNormal, "") })
					all.Go(func() { _ = server.Send(context.Background(), message.Text("x")) })
				}
				all.Wait()
				<-s.ended
				require.NotNil(t, client.Closed())
				require.NotNil(t, server.Closed())
			}
		})
	}
}

func TestShutdownAmidHandshakesLeavesNoConnection(t *testing.T) {
	for range 20 {
		u := &upgrade.Upgrader{Settings: quiet}
		srv := wstest.NewServer(t, u.Handler(echo), wstest.Wire{TCP: true})
		var clients sync.WaitGroup
		var first sync.Once
		connected := make(chan struct{})
		for range 8 {
			clients.Go(func() {
				c, _, err := srv.Dialer().Dial(context.Background(), srv.URL("/"))
				first.Do(func() { close(connected) })
				if err != nil {
					return
				}
				err = c.Run(context.Background(), func(in source) source {
					return flow.Concat(flow.Of(message.Text("x")), echo(in))
				})
				if code := c.Closed().Code; err != nil || code != protocol.CloseGoingAway {
					t.Error(code, err)
				}
			})
		}
		<-connected
		require.NoError(t, u.Shutdown(context.Background()))
		clients.Wait()
	}
}
