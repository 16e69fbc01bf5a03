// Dashboard shows prices that change faster than many a viewer can take: a page at / and a WebSocket at /prices, which
// gives each viewer the newest price of each symbol, as fast as that viewer takes them.
//
//	go run ./examples/dashboard [-addr localhost:8080] [-tls] [-debug] [-changes 500]
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/wsflow/wsflow/debug"
	"github.com/wsflow/wsflow/examples/internal/serve"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/routing"
	"github.com/wsflow/wsflow/upgrade"
)

//go:embed page.html
var page []byte

// routes serves the page and the prices, and, if there are statistics, what the connections do.
func routes(ws *upgrade.Upgrader, d *dashboard) http.Handler {
	all := []routing.Route{
		routing.Path("/prices", routing.HandleWebSocketMessages(message.JSON(d.viewer))),
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
	changes := flag.Int("changes", 500, "how many prices change in a second, 1 to 100000")
	flag.Parse()

	ws := &upgrade.Upgrader{Settings: upgrade.Settings{MaxMessage: 4 << 10, Statistics: *statistics}}
	server := serve.Server{Addr: *addr, Upgrader: ws, TLS: *secure}
	if err := run(&server, *changes); err != nil {
		fmt.Fprintln(os.Stderr, "dashboard:", err)
		os.Exit(1)
	}
}

// run runs the feed for as long as the server.
func run(server *serve.Server, changes int) error {
	if changes < 1 || changes > 100_000 {
		return fmt.Errorf("%d changes a second are not possible", changes)
	}
	d := newDashboard()
	server.Handler = routes(server.Upgrader, d)
	fed := make(chan error, 1)
	go func() { fed <- d.feed(context.Background(), time.Second/time.Duration(changes)) }()
	err := server.Run(context.Background(), os.Stdout)
	d.prices.Close() // which ends the feed
	return errors.Join(err, <-fed)
}
