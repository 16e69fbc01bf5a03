// Upload takes files, each a binary message of any length up to a limit, and writes them to a directory while they arrive. It tells
// how far it is, at most every 100 ms, and in the end the SHA-256, under which the file is kept:
//
//	{"size": 65536}
//	{"size": 100000, "sha256": "b9b7…"}
//
// What does not arrive as a whole leaves nothing behind. There is a page at / to try it, and the WebSocket is at /upload.
//
//	go run ./examples/upload [-addr localhost:8080] [-tls] [-debug] [-dir DIR] [-max MIB]
package main

import (
	"context"
	_ "embed"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"github.com/wsflow/wsflow/debug"
	"github.com/wsflow/wsflow/examples/internal/serve"
	"github.com/wsflow/wsflow/routing"
	"github.com/wsflow/wsflow/upgrade"
)

//go:embed page.html
var page []byte

// settings are those of a connection. Browsers send a file as one message, of one frame or several: with Streaming it is
// handed on while it arrives, and max is what it may have in all.
func settings(max int64) upgrade.Settings {
	return upgrade.Settings{Streaming: true, MaxMessage: max}
}

func routes(ws *upgrade.Upgrader, s store) http.Handler {
	all := []routing.Route{
		routing.Path("/upload", routing.HandleWebSocketMessages(s.handler)),
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
	dir := flag.String("dir", filepath.Join(os.TempDir(), "wsflow-uploads"), "directory for the uploads")
	limit := flag.Int64("max", 1024, "MiB that an upload may have")
	flag.Parse()

	ws := &upgrade.Upgrader{Settings: settings(*limit << 20)}
	ws.Statistics = *statistics
	server := serve.Server{Addr: *addr, Handler: routes(ws, store{*dir}), Upgrader: ws, TLS: *secure}
	err := os.MkdirAll(*dir, 0o700)
	if err == nil {
		err = server.Run(context.Background(), os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "upload:", err)
		os.Exit(1)
	}
}
