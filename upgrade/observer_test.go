package upgrade_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// A witness keeps what it is told.
type witness struct {
	mu     sync.Mutex
	events []upgrade.Event
}

func (w *witness) Observe(e upgrade.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, e)
}

// seen returns the events of one type, in order.
func seen[E upgrade.Event](w *witness) []E {
	w.mu.Lock()
	defer w.mu.Unlock()
	var of []E
	for _, e := range w.events {
		if e, ok := e.(E); ok {
			of = append(of, e)
		}
	}
	return of
}

func TestObserverIsToldOfAConnectionFromOpenedToClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := new(witness)
		u := &upgrade.Upgrader{Settings: upgrade.Settings{Observer: w}}
		probe := wstest.NewWSProbe(t)
		wstest.WS("/", probe.Flow()).Run(u.Handler(func(in flow.Source[message.Message]) flow.Source[message.Message] { return in })).Check(func(*wstest.Response) {
			probe.SendText("abc")
			probe.ExpectText("abc")
			probe.SendCompletion()
			probe.ExpectCompletion()
		})
		synctest.Wait()
		opened, closed := seen[upgrade.Opened](w), seen[upgrade.Closed](w)
		require.Len(t, opened, 1)
		require.Len(t, closed, 1)
		require.Same(t, opened[0].Conn, closed[0].Conn)
		require.Equal(t, protocol.CloseNormal, closed[0].Cause.Code)
		require.True(t, closed[0].Clean)
		require.Equal(t, upgrade.Traffic{
			MessagesIn: 1, MessagesOut: 1, ControlIn: 1, BytesIn: 6 + 3 + 6 + 2, BytesOut: 2 + 3 + 2 + 2,
		}, closed[0].Traffic)
	})
}

func TestTrafficOfAClosedConnectionHasTheAnswerToOurClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := new(witness)
		u := &upgrade.Upgrader{Settings: upgrade.Settings{Observer: w}}
		probe := wstest.NewWSProbe(t)
		once := func(in flow.Source[message.Message]) flow.Source[message.Message] { return flow.Take(in, 1) }
		wstest.WS("/", probe.Flow()).Run(u.Handler(once)).Check(func(*wstest.Response) {
			probe.SendText("abc")
			probe.ExpectText("abc")
			probe.ExpectCompletion()
		})
		synctest.Wait()
		closed := seen[upgrade.Closed](w)
		require.Len(t, closed, 1)
		require.Equal(t, upgrade.Traffic{
			MessagesIn: 1, MessagesOut: 1, ControlIn: 1, BytesIn: 6 + 3 + 6 + 2, BytesOut: 2 + 3 + 2 + 2,
		}, closed[0].Traffic)
	})
}

func TestObserverIsToldWhyAHandlerFailed(t *testing.T) {
	for name, tc := range map[string]struct {
		f      func() error
		panics bool
	}{
		"error": {func() error { return errors.New("no") }, false},
		"panic": {func() error { panic("no") }, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := new(witness)
			u := &upgrade.Upgrader{Settings: upgrade.Settings{Observer: w, Logger: slog.New(slog.DiscardHandler)}}
			probe := wstest.NewWSProbe(t)
			h := func(in flow.Source[message.Message]) flow.Source[message.Message] {
				return flow.TryMap(in, func(_ context.Context, m message.Message) (message.Message, error) { return m, tc.f() })
			}
			wstest.WS("/", probe.Flow()).Run(u.Handler(h)).Check(func(*wstest.Response) {
				probe.SendText("abc")
				probe.ExpectClose(protocol.CloseInternalError)
			})
			failed := seen[upgrade.Failed](w)
			require.Len(t, failed, 1)
			require.Equal(t, tc.panics, failed[0].Panic() != nil)
		})
	}
}

func TestObserverIsToldOfRefusals(t *testing.T) {
	w := new(witness)
	u := &upgrade.Upgrader{Settings: upgrade.Settings{Observer: w}}
	h := u.HandlerFunc(func(*upgrade.Request) (upgrade.Handler, error) {
		return nil, upgrade.Reject(http.StatusForbidden, "no")
	})
	wstest.WS("/", wstest.NewWSProbe(t).Flow()).Run(h).Check(func(r *wstest.Response) { require.Equal(t, http.StatusForbidden, r.StatusCode) })
	refused := seen[upgrade.Refused](w)
	require.Len(t, refused, 1)
	require.Equal(t, http.StatusForbidden, refused[0].Rejection.Status)
	require.Equal(t, "/", refused[0].Request.URL.Path)
}

// What Shutdown waits for has been told when it returns, also of peers whose end a timer finds.
func TestShutdownReturnsWhenTheObserverKnowsOfEveryEnd(t *testing.T) {
	for range 300 {
		synctest.Test(t, func(t *testing.T) {
			w := new(witness)
			u := &upgrade.Upgrader{Settings: upgrade.Settings{Observer: w}}
			s := wstest.NewServer(t, u.Handler(echo))
			for range 3 {
				s.Peer("/") // which answers no close frame
			}
			synctest.Wait()
			require.NoError(t, u.Shutdown(t.Context()))
			require.Len(t, seen[upgrade.Closed](w), 3)
			require.IsType(t, upgrade.Drained{}, w.events[len(w.events)-1])
		})
	}
}
