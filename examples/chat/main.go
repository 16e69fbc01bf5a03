// Chat has rooms: a page at / and a WebSocket at /rooms/NAME?name=WHO, where those who are in a room hear what each of
// them says, see who is there, and after a loss of the connection get what they have missed.
//
//	go run ./examples/chat [-addr localhost:8080] [-tls] [-debug]
//
// Names are not checked against anything: whoever says that they are Ada is.
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

// routes serves the page and the rooms, and, if there are statistics, what the connections do.
func routes(ws *upgrade.Upgrader, c *chat) http.Handler {
	all := []routing.Route{
		routing.Path("/rooms/{room}", routing.ExtractUpgrade(c.enter)),
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
	flag.Parse()

	c := newChat()
	ws := &upgrade.Upgrader{Settings: upgrade.Settings{MaxMessage: maxMessage, Statistics: *statistics}}
	server := serve.Server{Addr: *addr, Handler: routes(ws, c), Upgrader: ws, TLS: *secure, Drain: c.drain}
	if err := server.Run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "chat:", err)
		os.Exit(1)
	}
}
