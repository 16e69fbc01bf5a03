package routing_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/routing"
	"github.com/wsflow/wsflow/upgrade"
)

func Example() {
	var ws upgrade.Upgrader
	route := routing.With(&ws, routing.Concat(
		routing.Path("/greeter", routing.HandleWebSocketMessages(greeter)),
		routing.Path("/chat/{room}", routing.HandleWebSocketMessagesForProtocol(echo, "chat.v2")),
		routing.Path("GET /{$}", says("a page")),
	))
	for _, ask := range []string{"GET /", "POST /", "GET /greeter", "GET /attic"} {
		var method, path string
		_, _ = fmt.Sscan(ask, &method, &path)
		w := httptest.NewRecorder()
		route.ServeHTTP(w, httptest.NewRequest(method, path, nil))
		fmt.Println(ask, w.Code, w.Body)
	}
	// Output:
	// GET / 200 a page
	// POST / 405 method not allowed, there are: GET, HEAD
	//
	// GET /greeter 426 Upgrade does not name websocket
	//
	// GET /attic 404 not found
}

// A handler of its own for each connection, with what was found out about the request.
func ExampleExtractUpgrade() {
	route := routing.Path("/rooms/{room}", routing.ExtractUpgrade(func(q *upgrade.Request) (upgrade.Handler, error) {
		user, _, ok := q.BasicAuth()
		if !ok {
			return nil, upgrade.Reject(http.StatusUnauthorized, "who are you?")
		}
		q.Choose("chat.v2", "chat.v1")
		return welcome(user, q.PathValue("room")), nil
	}))
	http.Handle("/rooms/", route)
}

func welcome(user, room string) upgrade.Handler {
	return func(flow.Source[message.Message]) flow.Source[message.Message] {
		return flow.Of(message.Text("welcome to " + room + ", " + user))
	}
}

// Whoever wants other responses than the package's asks the route and answers himself.
func ExampleMostTelling() {
	route := routing.Path("/chat", routing.HandleWebSocketMessagesForProtocol(echo, "chat.v2"))
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, err := route(r)
		switch {
		case err == nil:
			h.ServeHTTP(w, r)
		case errors.Is(err, routing.ErrNotFound):
			fmt.Fprintln(w, "nothing to see here")
		default:
			refusal := routing.MostTelling(err)
			fmt.Fprintf(w, "sorry: %s\n", refusal.Reason)
		}
	})
	for _, path := range []string{"/chat", "/attic"} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		fmt.Print(w.Body)
	}
	// Output:
	// sorry: Upgrade does not name websocket
	// nothing to see here
}
