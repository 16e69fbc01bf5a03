package upgrade_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/upgrade"
)

// shout answers text messages in capitals.
func shout(in flow.Source[message.Message]) flow.Source[message.Message] {
	return message.TextOnly(func(words flow.Source[string]) flow.Source[string] {
		return flow.Map(words, strings.ToUpper)
	})(in)
}

func Example() {
	var ws upgrade.Upgrader
	mux := http.NewServeMux()
	mux.Handle("GET /shout", ws.Handler(shout))
	server := httptest.NewServer(mux)
	defer server.Close()

	ctx := context.Background()
	var dialer upgrade.Dialer
	conn, _, err := dialer.Dial(ctx, strings.Replace(server.URL, "http", "ws", 1)+"/shout")
	if err != nil {
		fmt.Println(err)
		return
	}
	words := flow.Map(flow.Of("hello", "world"), message.Text)
	for reply, err := range conn.Flow()(words).All(ctx) {
		fmt.Println(reply.Text(), err)
	}
	// Output:
	// HELLO <nil>
	// WORLD <nil>
}

func ExampleUpgrader_HandlerFunc() {
	ws := &upgrade.Upgrader{Subprotocols: []string{"chat.v2"}}
	rooms := map[string]bool{"blue": true}
	mux := http.NewServeMux()
	mux.Handle("GET /rooms/{room}", ws.HandlerFunc(func(q *upgrade.Request) (upgrade.Handler, error) {
		if !rooms[q.PathValue("room")] {
			return nil, upgrade.Reject(http.StatusNotFound, "no such room")
		}
		return shout, nil
	}))
	server := httptest.NewServer(mux)
	defer server.Close()

	var dialer upgrade.Dialer
	_, resp, err := dialer.Dial(context.Background(), strings.Replace(server.URL, "http", "ws", 1)+"/rooms/red")
	fmt.Println(resp.StatusCode, err)
	// Output:
	// 404 upgrade: 404 Not Found: server did not switch protocols: "no such room"
}

// A server that pushes: a source of its own, and a sink for what comes in. When one of them ends, the other does too.
func ExampleUpgrader_Handler_push() {
	clock := flow.Map(flow.Take(flow.Tick(time.Millisecond), 3), func(time.Time) message.Message { return message.Text("tick") })
	var ws upgrade.Upgrader
	server := httptest.NewServer(ws.Handler(flow.FromSinkAndSource(flow.Ignore[message.Message](), clock)))
	defer server.Close()

	var dialer upgrade.Dialer
	ctx := context.Background()
	conn, _, err := dialer.Dial(ctx, strings.Replace(server.URL, "http", "ws", 1))
	if err != nil {
		fmt.Println(err)
		return
	}
	ticks, err := flow.Collect(ctx, conn.Source())
	_ = conn.Close(1000, "")
	fmt.Println(len(ticks), err, conn.Closed())
	// Output:
	// 3 <nil> websocket: closed by peer: 1000 normal closure
}

// A server, which does not know of upgraded connections, and the connections end at the same time, so that neither takes the
// other's. The clients are told within four seconds, in random order, and asked to come back.
func ExampleShutdown() {
	ws := upgrade.Upgrader{ShutdownCode: 1012, ShutdownSpread: 4 * time.Second}
	server := &http.Server{Handler: ws.Handler(shout), ReadHeaderTimeout: 10 * time.Second} // or an upgrade.Server

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	fmt.Println(upgrade.Shutdown(ctx, server, &ws))
	// Output: <nil>
}

// Where the server is shut down by somebody else, such as a framework, its connections are shut down with it.
func ExampleUpgrader_ShutdownOn() {
	var ws upgrade.Upgrader
	server := &http.Server{Handler: ws.Handler(shout), ReadHeaderTimeout: 10 * time.Second} // or an upgrade.Server
	drained := ws.ShutdownOn(server, 10*time.Second)

	ctx := context.Background()
	_ = server.Shutdown(ctx) // somewhere else; it does not wait for the connections
	fmt.Println(drained(ctx))
	// Output: <nil>
}

// What could not be ended in time is reported.
func ExampleShutdownError() {
	var ws upgrade.Upgrader
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	err := ws.Shutdown(ctx)
	if report, ok := errors.AsType[*upgrade.ShutdownError](err); ok {
		for _, c := range report.Running {
			fmt.Println(c.Request().URL.Path, "does not return")
		}
	}
	fmt.Println(err)
	// Output: <nil>
}
