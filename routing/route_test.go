package routing_test

import (
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/routing"
	"github.com/wsflow/wsflow/upgrade"
)

// says is a route that serves everything with a text.
func says(text string) routing.Route {
	return routing.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }))
}

// rejects is a route that rejects everything.
func rejects(err error) routing.Route {
	return func(*http.Request) (http.Handler, error) { return nil, err }
}

// logged returns what is logged while f runs.
func logged(f func()) string {
	var text strings.Builder
	log.SetOutput(&text)
	defer log.SetOutput(os.Stderr)
	f()
	return text.String()
}

// serve returns the response to a request without a connection below.
func serve(route http.Handler, method, target string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	route.ServeHTTP(w, httptest.NewRequest(method, target, nil))
	return w
}

func TestConcatServesWithTheFirstRouteThatDoesNotReject(t *testing.T) {
	route := routing.Concat(rejects(errors.New("no")), says("one"), says("two"))
	require.Equal(t, "one", serve(route, "GET", "/").Body.String())
}

func TestConcatTriesNoRouteAfterAMatch(t *testing.T) {
	route := routing.Concat(says("one"), func(*http.Request) (http.Handler, error) {
		t.Error("tried")
		return nil, routing.ErrNotFound
	})
	require.Equal(t, "one", serve(route, "GET", "/").Body.String())
}

func TestRejectionsOfABranchAreCancelledByALaterMatch(t *testing.T) {
	route := routing.Concat(
		routing.Path("POST /x", says("posted")),
		routing.Path("/x", routing.Method("PUT", says("put"))),
		routing.Path("/x", rejects(upgrade.Reject(http.StatusForbidden, "no"))),
		routing.Path("/x", says("got")),
	)
	w := serve(route, "GET", "/x")
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, "got", w.Body.String())
	require.Empty(t, w.Header().Get("Allow"))
}

func TestRejectionsAccumulateThroughNestedConcats(t *testing.T) {
	a, b, c := errors.New("a"), upgrade.Reject(403, "b"), &routing.MethodRejection{Allowed: []string{"PUT"}}
	route := routing.Concat(
		rejects(a), rejects(routing.ErrNotFound),
		routing.Path("/", routing.Concat(rejects(b), routing.Concat(), rejects(c))),
	)
	_, err := route(httptest.NewRequest("GET", "/", nil))
	require.Equal(t, []error{a, b, c}, routing.Rejections(err))

	require.ErrorIs(t, err, a)
	var method *routing.MethodRejection
	require.ErrorAs(t, err, &method)
	require.Same(t, c, method)
	var refused *upgrade.Rejection
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "a\n"+b.Error()+"\nrouting: method is not one of PUT", err.Error())
}

func TestNothingMatchesIsNotFound(t *testing.T) {
	for name, route := range map[string]routing.Route{
		"no routes":          routing.Concat(),
		"only other paths":   routing.Concat(routing.Path("/a", says("a")), routing.Path("/b", says("b"))),
		"a wrapped sentinel": rejects(fmt.Errorf("mine: %w", routing.ErrNotFound)),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := route(httptest.NewRequest("GET", "/c", nil))
			require.ErrorIs(t, err, routing.ErrNotFound)
			require.Equal(t, http.StatusNotFound, serve(route, "GET", "/c").Code)
		})
	}
}

func TestRequireRejectsWithTheErrorOfItsGuard(t *testing.T) {
	members := func(r *http.Request) error {
		if r.Header.Get("Authorization") != "" {
			return nil
		}
		return &upgrade.Rejection{
			Status: http.StatusUnauthorized, Reason: "who are you?",
			Header: http.Header{"Www-Authenticate": {`Basic realm="chat"`}},
		}
	}
	route := routing.Require(members, says("in"))

	w := serve(route, "GET", "/")
	require.Equal(t, http.StatusUnauthorized, w.Code)
	require.Equal(t, `Basic realm="chat"`, w.Header().Get("WWW-Authenticate"))
	require.Equal(t, "who are you?\n", w.Body.String())

	w = httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/", nil)
	r.SetBasicAuth("ada", "")
	route.ServeHTTP(w, r)
	require.Equal(t, "in", w.Body.String())
}

func TestGuardSeesPathValues(t *testing.T) {
	route := routing.Path("/rooms/{room}", routing.Require(func(r *http.Request) error {
		if r.PathValue("room") != "lobby" {
			return upgrade.Reject(http.StatusNotFound, "no such room")
		}
		return nil
	}, says("in")))
	require.Equal(t, "in", serve(route, "GET", "/rooms/lobby").Body.String())
	require.Equal(t, "no such room\n", serve(route, "GET", "/rooms/attic").Body.String())
}

func TestSetUpWithoutAHandlerPanics(t *testing.T) {
	for name, setUp := range map[string]func(){
		"Handler":                            func() { routing.Handler(nil) },
		"With":                               func() { routing.With(nil, says("")) },
		"HandleWebSocketMessages":            func() { routing.HandleWebSocketMessages(nil) },
		"HandleWebSocketMessagesForProtocol": func() { routing.HandleWebSocketMessagesForProtocol(echo, "") },
		"Path":                               func() { routing.Path("no slash", says("")) },
	} {
		t.Run(name, func(t *testing.T) { require.Panics(t, setUp) })
	}
}

func TestFailureOfTheServerIsLoggedAndNotTold(t *testing.T) {
	route := routing.Concat(rejects(errors.New("database is down")), rejects(upgrade.Reject(http.StatusBadRequest, "bad")))
	text := logged(func() {
		w := serve(route, "GET", "/")
		require.Equal(t, http.StatusInternalServerError, w.Code)
		require.Equal(t, "Internal Server Error\n", w.Body.String())
	})
	require.Contains(t, text, "database is down")
}

func TestRejectionsAreNotLogged(t *testing.T) {
	route := routing.Concat(rejects(upgrade.Reject(http.StatusServiceUnavailable, "full")), rejects(routing.ErrNotFound))
	require.Empty(t, logged(func() { serve(route, "GET", "/") }))
}
