// Greeter is the first example: a page at / and a WebSocket at /greeter that greets whoever gives a name.
//
//	go run ./examples/greeter [-addr localhost:8080] [-tls] [-debug]
package main

import (
	"context"
	_ "embed"
	"expvar"
	"flag"
	"fmt"
	"net/http"
	"os"

	"github.com/wsflow/wsflow/debug"
	"github.com/wsflow/wsflow/examples/internal/serve"
	"github.com/wsflow/wsflow/observe"
	"github.com/wsflow/wsflow/routing"
	"github.com/wsflow/wsflow/upgrade"
)

//go:embed page.html
var page []byte

// routes serves the page and the greeter, and, if there are statistics, what the connections do and have done.
func routes(ws *upgrade.Upgrader) http.Handler {
	all := []routing.Route{
		routing.Path("/greeter", routing.HandleWebSocketMessages(greeter)),
		routing.Path("GET /{$}", routing.Handler(serve.Page(page))),
	}
	if ws.Statistics {
		all = append(all,
			routing.Path("GET /debug/flows", routing.Handler(debug.Flows(ws))),
			routing.Path("GET /debug/vars", routing.Handler(expvar.Handler())))
	}
	return routing.With(ws, routing.Concat(all...))
}

func main() {
	addr := flag.String("addr", "localhost:8080", "address to listen on")
	secure := flag.Bool("tls", false, "serve https and wss, with a self-signed certificate")
	statistics := flag.Bool("debug", false, "show at /debug/flows and /debug/vars, to whoever asks, what the connections do and have done")
	flag.Parse()

	// Streaming: a name that comes in many frames is greeted while it comes.
	ws := &upgrade.Upgrader{Settings: upgrade.Settings{Streaming: true, Statistics: *statistics}}
	if *statistics {
		counters := new(observe.Counters)
		expvar.Publish("websocket", counters)
		ws.Observer = observe.All(observe.Log(nil), counters)
	}
	server := serve.Server{Addr: *addr, Handler: routes(ws), Upgrader: ws, TLS: *secure}
	if err := server.Run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "greeter:", err)
		os.Exit(1)
	}
}
