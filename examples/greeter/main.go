// Greeter is the first example: a page at / and a WebSocket at /greeter that greets whoever gives a name.
//
//	go run ./examples/greeter [-addr localhost:8080] [-tls]
package main

import (
	"context"
	_ "embed"
	"flag"
	"fmt"
	"net/http"
	"os"

	"github.com/wsflow/wsflow/examples/internal/serve"
	"github.com/wsflow/wsflow/routing"
	"github.com/wsflow/wsflow/upgrade"
)

//go:embed page.html
var page []byte

// routes serves the page and the greeter.
func routes(ws *upgrade.Upgrader) http.Handler {
	return routing.With(ws, routing.Concat(
		routing.Path("/greeter", routing.HandleWebSocketMessages(greeter)),
		routing.Path("GET /{$}", routing.Handler(http.HandlerFunc(servePage))),
	))
}

func servePage(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(page)
}

func main() {
	addr := flag.String("addr", "localhost:8080", "address to listen on")
	secure := flag.Bool("tls", false, "serve https and wss, with a self-signed certificate")
	flag.Parse()

	// Streaming: a name that comes in many frames is greeted while it comes.
	ws := &upgrade.Upgrader{Settings: upgrade.Settings{Streaming: true}}
	server := serve.Server{Addr: *addr, Handler: routes(ws), Upgrader: ws, TLS: *secure}
	if err := server.Run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "greeter:", err)
		os.Exit(1)
	}
}
