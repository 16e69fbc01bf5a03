// Tokens streams answers as a language model gives them: one message for each token, as it comes, until the answer is complete or
// the client wants no more of it.
//
//	{"id": 1, "prompt": "Why?"}
//	{"id": 1, "token": "You "}
//	{"id": 1, "cancel": true}
//	{"id": 1, "end": "cancelled"}
//
// There is a page at / to try it, and the WebSocket is at /tokens.
//
//	go run ./examples/tokens [-addr localhost:8080] [-tls] [-debug] [-rate 20]
package main

import (
	"context"
	_ "embed"
	"flag"
	"fmt"
	"net/http"
	"os"

	"github.com/wsflow/wsflow/debug"
	"github.com/wsflow/wsflow/examples/internal/serve"
	"github.com/wsflow/wsflow/routing"
	"github.com/wsflow/wsflow/upgrade"
)

//go:embed page.html
var page []byte

// settings are those of a connection: a prompt has at most 16 KiB.
var settings = upgrade.Settings{MaxMessage: 16 << 10}

func routes(ws *upgrade.Upgrader, m model) http.Handler {
	all := []routing.Route{
		routing.Path("/tokens", routing.HandleWebSocketMessages(m.handler)),
		routing.Path("GET /{$}", routing.Handler(serve.Page(page))),
	}
	if ws.Statistics {
		all = append(all, routing.Path("GET /debug/flows", routing.Handler(debug.Flows(ws))))
	}
	return routing.With(ws, routing.Concat(all...))
}

func main() {
	addr := flag.String("addr", "localhost:8080", "address to listen on")
	secure := flag.Bool("tls", false, "serve https and wss, with a self-signed certificate")
	statistics := flag.Bool("debug", false, "show at /debug/flows, to whoever asks, what the connections do")
	rate := flag.Int("rate", 20, "tokens that the pretended model says in a second")
	flag.Parse()

	ws := &upgrade.Upgrader{Settings: settings}
	ws.Statistics = *statistics
	server := serve.Server{Addr: *addr, Handler: routes(ws, pretend(*rate)), Upgrader: ws, TLS: *secure}
	if err := server.Run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "tokens:", err)
		os.Exit(1)
	}
}
