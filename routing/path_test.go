package routing_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/routing"
)

// values is a route that tells the pattern that matched and the values of its wildcards.
func values(names ...string) routing.Route {
	return routing.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.Pattern)
		for _, name := range names {
			fmt.Fprintf(w, " %s=%s", name, r.PathValue(name))
		}
	}))
}

func TestPatternsAreThoseOfServeMux(t *testing.T) {
	for _, test := range []struct{ pattern, method, target, got string }{
		{"/greeter", "GET", "/greeter", "/greeter a= b="},
		{"/greeter", "POST", "/greeter", "/greeter a= b="},
		{"/greeter", "GET", "/greeter/x", "404"},
		{"/chat/{a}", "GET", "/chat/lobby", "/chat/{a} a=lobby b="},
		{"/chat/{a}", "GET", "/chat/a%2Fb%20c", "/chat/{a} a=a/b c b="},
		{"/chat/{a}", "GET", "/chat/lobby/x", "404"},
		{"/{a}/x/{b...}", "GET", "/1/x/2/3", "/{a}/x/{b...} a=1 b=2/3"},
		{"/{a}/x/{b...}", "GET", "/1/x/", "/{a}/x/{b...} a=1 b="},
		{"/{$}", "GET", "/", "/{$} a= b="},
		{"/{$}", "GET", "/x", "404"},
		{"/tree/", "GET", "/tree/a/b", "/tree/ a= b="},
		{"/tree/", "GET", "/tree", "307 /tree/"},
		{"/tree/", "GET", "/tree?q=1", "307 /tree/?q=1"},
		{"/b", "GET", "//a/../b", "307 /b"},
		{"/b", "GET", "//a/../c", "404"},
		{"example.com/", "GET", "/x", "example.com/ a= b="},
		{"example.com/", "GET", "http://example.com:8080/x", "example.com/ a= b="},
		{"example.org/", "GET", "/x", "404"},
		{"GET /x", "GET", "/x", "GET /x a= b="},
		{"GET /x", "HEAD", "/x", "GET /x a= b="},
		{"GET /x", "POST", "/x", "405 GET, HEAD"},
		{"GET /x", "POST", "/y", "404"},
		{"PATCH example.com/{a}/{$}", "PATCH", "/1/", "PATCH example.com/{a}/{$} a=1 b="},
		{"/", "OPTIONS", "*", "404"},
	} {
		t.Run(fmt.Sprintf("%s: %s %s", test.pattern, test.method, test.target), func(t *testing.T) {
			w := serve(routing.Path(test.pattern, values("a", "b")), test.method, test.target)
			got := w.Body.String()
			if w.Code != http.StatusOK {
				got = fmt.Sprint(w.Code)
				for _, name := range []string{"Location", "Allow"} {
					if value := w.Header().Get(name); value != "" {
						got += " " + value
					}
				}
			}
			require.Equal(t, test.got, got)
		})
	}
}

func TestRedirectGivesWayToAnotherRoute(t *testing.T) {
	route := routing.Concat(routing.Path("/tree/", says("subtree")), routing.Path("/tree", says("itself")))
	require.Equal(t, "itself", serve(route, "GET", "/tree").Body.String())
}

func TestPathInsideOfPathMatchesTheWholePathAndKeepsTheValues(t *testing.T) {
	route := routing.Path("/{version}/", routing.Concat(
		routing.Path("/{version}/chat/{room}", values("version", "room")),
		routing.Path("/{x}/{y}/{rest...}", values("version", "x", "y", "rest")),
	))
	require.Equal(t, "/{version}/chat/{room} version=v1 room=a", serve(route, "GET", "/v1/chat/a").Body.String())
	require.Equal(t, "/{x}/{y}/{rest...} version=v1 x=v1 y=b rest=c/d", serve(route, "GET", "/v1/b/c/d").Body.String())
}

func TestPathInsideOfServeMuxKeepsItsValues(t *testing.T) {
	mux := http.NewServeMux()
	mux.Handle("/{version}/", routing.Path("/{v}/chat/{room}", values("version", "v", "room")))
	require.Equal(t, "/{v}/chat/{room} version=v1 v=v1 room=a", serve(mux, "GET", "/v1/chat/a").Body.String())
}

func TestValuesOfABranchThatRejectedAreNotSeenByItsSiblings(t *testing.T) {
	route := routing.Path("/{a}", routing.Concat(
		routing.Path("/{b}", rejects(routing.ErrNotFound)),
		routing.Path("/{c}", values("a", "b", "c")),
	))
	require.Equal(t, "/{c} a=1 b= c=1", serve(route, "GET", "/1").Body.String())
}

func TestRequestThatIsServedMayBeDerivedFromTheOneThatWasRouted(t *testing.T) {
	type key struct{}
	inner := routing.Path("/{a}", routing.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.Context().Value(key{}), r.PathValue("a"))
	})))
	middleware := routing.Route(func(r *http.Request) (http.Handler, error) {
		h, err := inner(r)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), key{}, "user ")))
		}), err
	})
	require.Equal(t, "user 1", serve(routing.Path("/", middleware), "GET", "/1").Body.String())
}

func TestPatternIsToldToMiddlewareOutside(t *testing.T) {
	r := httptest.NewRequest("GET", "/x", nil)
	routing.Path("/{a}", says("")).ServeHTTP(httptest.NewRecorder(), r)
	require.Equal(t, "/{a}", r.Pattern)
}

func TestMethodFiltersInsideOfAPath(t *testing.T) {
	route := routing.Path("/x", routing.Concat(routing.Method("GET", says("got")), routing.Method("PUT", says("put"))))
	require.Equal(t, "got", serve(route, "GET", "/x").Body.String())
	require.Equal(t, http.StatusOK, serve(route, "HEAD", "/x").Code)
	require.Equal(t, "put", serve(route, "PUT", "/x").Body.String())

	w := serve(route, "POST", "/x")
	require.Equal(t, http.StatusMethodNotAllowed, w.Code)
	require.Equal(t, "GET, HEAD, PUT", w.Header().Get("Allow"))
}

func TestRedirectIsForTheRequestThatCame(t *testing.T) {
	w := serve(routing.Path("/tree/", says("")), "POST", "/tree")
	require.Equal(t, http.StatusTemporaryRedirect, w.Code, "the method is kept")
}
