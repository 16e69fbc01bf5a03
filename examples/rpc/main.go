// Rpc answers requests in JSON: several at a time, each with a timeout, at a rate. A request that fails has an error as its reply.
//
//	{"id": 1, "method": "divide", "params": {"a": 6, "b": 2}}
//	{"id": 1, "result": 3}
//
// There is a page at / to try it, and the WebSocket is at /rpc.
//
//	go run ./examples/rpc [-addr localhost:8080] [-tls] [-debug] [-rate 10] [-calls 4] [-timeout 5s]
package main

import (
	"context"
	_ "embed"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/wsflow/wsflow/debug"
	"github.com/wsflow/wsflow/examples/internal/serve"
	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/routing"
	"github.com/wsflow/wsflow/upgrade"
)

//go:embed page.html
var page []byte

// settings are those of a connection: requests are small, and who closes waits for no replies.
var settings = upgrade.Settings{MaxMessage: 64 << 10, CloseGrace: time.Second}

func routes(ws *upgrade.Upgrader, s *service) http.Handler {
	all := []routing.Route{
		routing.Path("/rpc", routing.HandleWebSocketMessages(s.handler)),
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
	rate := flag.Int("rate", 10, "requests in a second that a connection may make; with ten times as many messages it is closed")
	calls := flag.Int("calls", 4, "calls that are at work for a connection at the same time")
	timeout := flag.Duration("timeout", 5*time.Second, "of a call")
	flag.Parse()

	s := &service{
		methods: methods, atWork: *calls, timeout: *timeout, logger: slog.Default(),
		rate:  flow.Rate{N: *rate, Per: time.Second},
		flood: flow.Rate{N: *rate * 10, Per: time.Second},
	}
	ws := &upgrade.Upgrader{Settings: settings}
	ws.Statistics = *statistics
	server := serve.Server{Addr: *addr, Handler: routes(ws, s), Upgrader: ws, TLS: *secure}
	if err := server.Run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "rpc:", err)
		os.Exit(1)
	}
}
