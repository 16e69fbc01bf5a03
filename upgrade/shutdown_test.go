package upgrade_test

import (
	"bufio"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/hub"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// later runs f beside the test.
func later(f func() error) <-chan error {
	ended := make(chan error, 1)
	go func() { ended <- f() }()
	return ended
}

// up waits until the connection is being served.
func (p *peer) up() *peer {
	p.t.Helper()
	p.frame(protocol.OpPing, "up?", true)
	p.expectPong("up?")
	return p
}

// leave expects the close frame of a shutdown, and answers it.
func (p *peer) leave(code upgrade.CloseCode) {
	p.t.Helper()
	p.expectClose(code, "server shuts down")
	p.close(code, "")
	p.expectEOF()
}

func TestHandshakeThatComesAfterShutdownIsToldWhenToComeBack(t *testing.T) {
	for name, test := range map[string]struct {
		after time.Duration
		want  []string
	}{
		"by default":         {0, []string{"1"}},
		"a minute and a bit": {time.Minute + time.Millisecond, []string{"61"}},
		"not at all":         {-1, nil},
	} {
		t.Run(name, func(t *testing.T) {
			u := &upgrade.Upgrader{Settings: quiet, ShutdownRetryAfter: test.after}
			require.NoError(t, u.Shutdown(t.Context()))
			w := httptest.NewRecorder()
			u.Handler(echo).ServeHTTP(w, upgradeRequest())
			require.Equal(t, http.StatusServiceUnavailable, w.Code)
			require.Equal(t, test.want, w.Header()["Retry-After"])
		})
	}
}

func TestHandshakeThatIsBeingCheckedWhenTheServerShutsDownIsRefused(t *testing.T) {
	u := &upgrade.Upgrader{Settings: quiet}
	w := httptest.NewRecorder()
	u.HandlerFunc(func(*upgrade.Request) (upgrade.Handler, error) { return echo, u.Shutdown(t.Context()) }).ServeHTTP(w, upgradeRequest())
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	require.Equal(t, "1", w.Header().Get("Retry-After"))

	q, err := new(upgrade.Upgrader).Check(upgradeRequest())
	require.NoError(t, err)
	_, err = u.Accept(httptest.NewRecorder(), q)
	refused, ok := errors.AsType[*upgrade.Rejection](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, http.StatusServiceUnavailable, refused.Status)
}

// An interrupted ResponseWriter has something happen while a connection is being handed over.
type interrupted struct {
	http.ResponseWriter
	by func()
}

func (w interrupted) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.by()
	return http.NewResponseController(w.ResponseWriter).Hijack()
}

func TestShutdownWaitsForTheHandshakeThatIsBeingAccepted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := &upgrade.Upgrader{Settings: quiet}
		down, failed := make(chan error, 1), make(chan error, 1)
		srv := wstest.NewServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c, err := u.Upgrade(interrupted{w, func() {
				go func() { down <- u.Shutdown(context.Background()) }()
				synctest.Wait()
				require.Empty(t, down, "it waits")
			}}, r)
			require.Nil(t, c)
			failed <- err
		}))
		p := connect(t, srv, "/")
		time.Sleep(time.Second)
		require.Empty(t, down, "the closing handshake is not through")
		p.leave(protocol.CloseGoingAway)
		require.ErrorIs(t, <-failed, upgrade.ErrShutdown)
		require.NoError(t, <-down)
	})
}

func TestMessageThatIsArrivingIsReadToItsEndBeforeTheInputCompletes(t *testing.T) {
	for _, streaming := range []bool{false, true} {
		onWires(t, func(t *testing.T, w wstest.Wire) {
			settings := quiet
			settings.Streaming = streaming
			s := serve(func(in source) source {
				whole := flow.TryMap(in, func(ctx context.Context, m message.Message) (message.Message, error) { return m.Strict(ctx, 0) })
				return flow.Concat(whole, flow.Of(message.Text("the end")))
			}, settings)
			p := connect(t, wstest.NewServer(t, s, w), "/")
			p.frame(protocol.OpText, "begun, ", false)
			p.up()
			down := later(func() error { return s.Shutdown(context.Background()) })
			awaitDown(s)
			p.frame(protocol.OpContinuation, "and finished", true)
			p.text("too late")
			p.expectText("begun, and finished")
			p.expectText("the end")
			p.leave(protocol.CloseGoingAway)
			require.NoError(t, <-down)
			s.expectEnd(t, 0, false)
		})
	}
}

// awaitDown waits until the connections have been told that the server goes down.
func awaitDown(s *service) {
	for _, c := range s.Connections() {
		for c.Closed() == nil {
			time.Sleep(time.Millisecond)
		}
	}
	time.Sleep(10 * time.Millisecond)
}

func TestMessageThatDoesNotArriveWithinTheGraceIsNotDelivered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := 0
		s := serve(func(in source) source {
			return flow.Map(in, func(m message.Message) message.Message { got++; return m })
		}, quiet)
		p := connect(t, wstest.NewServer(t, s), "/")
		p.frame(protocol.OpText, "begun", false)
		p.up()
		began := time.Now()
		down := later(func() error { return s.Shutdown(context.Background()) })
		p.expectClose(protocol.CloseGoingAway, "server shuts down")
		require.Equal(t, 5*time.Second, time.Since(began))
		p.close(protocol.CloseGoingAway, "")
		require.NoError(t, <-down)
		s.expectEnd(t, 0, false)
		require.Zero(t, got)
	})
}

func TestSecondShutdownDoesNotLengthenTheGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(deaf, quiet)
		p := connect(t, wstest.NewServer(t, s), "/").up()
		began := time.Now()
		first := later(func() error { return s.Shutdown(context.Background()) })
		time.Sleep(3 * time.Second)
		second := later(func() error { return s.Shutdown(context.Background()) })
		p.expectClose(protocol.CloseGoingAway, "*")
		require.Equal(t, 5*time.Second, time.Since(began))
		p.close(protocol.CloseGoingAway, "")
		p.expectEOF()
		require.NoError(t, <-first)
		require.NoError(t, <-second)
		require.NoError(t, s.Shutdown(t.Context()), "again")
	})
}

func TestImpatientShutdownCutsWhatAnotherOneWaitsFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(deaf, quiet)
		p := connect(t, wstest.NewServer(t, s), "/").up()
		patient := later(func() error { return s.Shutdown(context.Background()) })
		synctest.Wait()
		over, cancel := context.WithCancel(t.Context())
		cancel()
		began := time.Now()
		require.EqualError(t, s.Shutdown(over), "upgrade: 1 connection was cut: context canceled")
		require.NoError(t, <-patient)
		require.Zero(t, time.Since(began))
		p.expectClose(protocol.CloseGoingAway, "server shuts down")
		p.expectEOF()
	})
}

func TestShutdownWithoutConnectionsReturnsAtOnce(t *testing.T) {
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for _, ctx := range []context.Context{context.Background(), over} {
		require.NoError(t, new(upgrade.Upgrader).Shutdown(ctx))
		u := &upgrade.Upgrader{ShutdownSpread: time.Hour}
		require.NoError(t, u.Shutdown(ctx))
		require.NoError(t, u.Shutdown(ctx))
	}
}

func TestShutdownWhileAHubFailsIsOneOfTheTwo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		room := hub.NewTopic(hub.Settings[message.Message]{})
		s := serve(func(in source) source {
			return flow.Map(room.Flow(hub.Options{})(in), func(i hub.Item[message.Message]) message.Message { return i.Value })
		}, quiet)
		s.ShutdownCode = protocol.CloseServiceRestart
		server := wstest.NewServer(t, s)
		var peers []*peer
		for range 50 {
			peers = append(peers, connect(t, server, "/").up())
		}
		down := later(func() error { return s.Shutdown(context.Background()) })
		go room.Fail(&upgrade.CloseError{Code: protocol.CloseTryAgainLater, Reason: "hub"})
		for _, p := range peers {
			f, err := p.next()
			require.NoError(t, err)
			require.Equal(t, protocol.OpClose, f.Opcode)
			p.WriteFrames(f)
			p.expectEOF()
			require.Contains(t, []string{"server shuts down", "hub"}, string(f.Payload[2:]))
		}
		require.NoError(t, <-down)
	})
}

func TestShutdownCodeThatMayNotBeSentIsAnErrorOfTheSettings(t *testing.T) {
	var logged strings.Builder
	u := &upgrade.Upgrader{ShutdownCode: protocol.CloseAbnormal, Settings: upgrade.Settings{Logger: slog.New(slog.NewTextHandler(&logged, nil))}}
	w := httptest.NewRecorder()
	u.Handler(echo).ServeHTTP(w, upgradeRequest())
	require.Equal(t, http.StatusInternalServerError, w.Code)
	require.Contains(t, logged.String(), "ShutdownCode 1006 may not be sent")
}

func TestServiceRestartThatThePeerDoesNotAnswerIsNotClean(t *testing.T) {
	for name, test := range map[string]struct {
		answer func(p *peer)
		code   upgrade.CloseCode
		peers  bool
	}{
		"no answer":    {func(*peer) {}, protocol.CloseAbnormal, false},
		"hangs up":     {func(p *peer) { p.hangUp() }, protocol.CloseAbnormal, false},
		"a complaint":  {func(p *peer) { p.close(protocol.CloseInvalidPayload, "") }, protocol.CloseInvalidPayload, true},
		"the same":     {func(p *peer) { p.close(protocol.CloseServiceRestart, "") }, 0, false},
		"a normal one": {func(p *peer) { p.close(protocol.CloseNormal, "") }, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := serve(echo, quiet)
				s.ShutdownCode = protocol.CloseServiceRestart
				p := connect(t, wstest.NewServer(t, s), "/").up()
				down := later(func() error { return s.Shutdown(context.Background()) })
				p.expectClose(protocol.CloseServiceRestart, "server shuts down")
				test.answer(p)
				require.NoError(t, <-down)
				if closed := s.expectEnd(t, test.code, test.peers); closed != nil {
					require.ErrorIs(t, closed, upgrade.ErrShutdown)
				}
			})
		})
	}
}

func TestObserverIsToldOfAShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := new(witness)
		settings := quiet
		settings.Observer = w
		s := serve(deaf, settings)
		server := wstest.NewServer(t, s)
		connect(t, server, "/").up()
		connect(t, server, "/").up()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		err := s.Shutdown(ctx)
		require.Error(t, err)
		require.Equal(t, []upgrade.Draining{{Connections: 2}}, seen[upgrade.Draining](w))
		require.Equal(t, []upgrade.Drained{{Duration: 3 * time.Second, Err: err}}, seen[upgrade.Drained](w))
		require.Len(t, seen[upgrade.Closed](w), 2)
	})
}
