package routing_test

import (
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/routing"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// A listener keeps the refusals that it is told of.
type listener struct {
	mu      sync.Mutex
	refused []upgrade.Refused
}

func (l *listener) Observe(e upgrade.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e, ok := e.(upgrade.Refused); ok {
		l.refused = append(l.refused, e)
	}
}

func observed() (*listener, *upgrade.Upgrader) {
	l := new(listener)
	return l, &upgrade.Upgrader{Settings: upgrade.Settings{Observer: l, Logger: slog.New(slog.DiscardHandler)}}
}

func rejecting(err error) routing.Route {
	return routing.ExtractUpgrade(func(*upgrade.Request) (upgrade.Handler, error) { return nil, err })
}

func TestRefusedHandshakeIsToldToTheObserverOfItsUpgraderOnce(t *testing.T) {
	over := &upgrade.LimitError{Limit: upgrade.LimitConnections}
	guard := func(*http.Request) error { return upgrade.Reject(http.StatusUnauthorized, "who are you?") }
	for name, tc := range map[string]struct {
		route  routing.Route
		status int
	}{
		"the route rejects":              {rejecting(upgrade.Reject(http.StatusForbidden, "no")), 403},
		"so do others":                   {routing.Concat(rejecting(upgrade.Reject(http.StatusForbidden, "a")), rejecting(upgrade.Reject(http.StatusForbidden, "b"))), 403},
		"a guard rejects":                {routing.Require(guard, routing.HandleWebSocketMessages(echo)), 401},
		"the subprotocol is not offered": {routing.HandleWebSocketMessagesForProtocol(echo, "chat"), 400},
		"no route matches":               {routing.Path("/elsewhere", routing.HandleWebSocketMessages(echo)), 404},
		"the method is wrong":            {routing.Path("POST /", routing.HandleWebSocketMessages(echo)), 405},
		"the route says it is not there": {rejecting(routing.ErrNotFound), 404},
		"the route fails":                {rejecting(over), 500},
		"a With inside of another":       {routing.With(upgrade.Default, routing.Path("/elsewhere", routing.HandleWebSocketMessages(echo))), 0},
	} {
		t.Run(name, func(t *testing.T) {
			l, u := observed()
			r := wstest.WS("/", wstest.NewWSProbe(t).Flow()).Run(routing.With(u, tc.route))
			if tc.status == 0 { // the other one's
				require.Empty(t, l.refused)
				return
			}
			require.Equal(t, tc.status, r.StatusCode)
			require.Len(t, l.refused, 1)
			require.Equal(t, tc.status, l.refused[0].Status)
			require.Equal(t, "/", l.refused[0].Request.URL.Path)
			if tc.status == 500 {
				require.Equal(t, upgrade.LimitConnections, l.refused[0].Limit())
			}
		})
	}
}

func TestRejectionThatAnotherRouteMakesGoodForIsNotTold(t *testing.T) {
	l, u := observed()
	probe := wstest.NewWSProbe(t)
	r := wstest.WS("/", probe.Flow()).Run(routing.With(u, routing.Concat(
		rejecting(upgrade.Reject(http.StatusForbidden, "no")), routing.HandleWebSocketMessages(echo))))
	require.True(t, r.IsWebSocketUpgrade())
	require.Empty(t, l.refused)
}

func TestRefusalIsToldToTheUpgraderWhoseRejectionIsAnswered(t *testing.T) {
	first, u := observed()
	second, v := observed()
	r := wstest.WS("/", wstest.NewWSProbe(t).Flow()).Run(routing.Concat(
		routing.With(u, rejecting(upgrade.Reject(http.StatusBadRequest, "no"))),
		routing.With(v, rejecting(upgrade.Reject(http.StatusForbidden, "no")))))
	require.Equal(t, http.StatusForbidden, r.StatusCode)
	require.Empty(t, first.refused)
	require.Len(t, second.refused, 1)
}

func TestOrdinaryRequestIsToldOnlyIfItCameToAWebSocketRoute(t *testing.T) {
	l, u := observed()
	route := routing.With(u, routing.Concat(
		routing.Path("/ws", routing.HandleWebSocketMessages(echo)),
		routing.Path("/page", func(*http.Request) (http.Handler, error) { return nil, errors.New("broken") }),
	))
	for target, status := range map[string]int{"/page": 500, "/elsewhere": 404} {
		require.Equal(t, status, wstest.HTTP("GET", target).Run(route).StatusCode)
		require.Empty(t, l.refused)
	}
	require.Equal(t, http.StatusUpgradeRequired, wstest.HTTP("GET", "/ws").Run(route).StatusCode)
	require.Len(t, l.refused, 1)
	require.Equal(t, http.StatusUpgradeRequired, l.refused[0].Status)
}
