// Echo returns every message that it gets, through a flow. It is the server that conformance suites
// test, and with -drive the client.
//
//	go run ./examples/echo [-addr localhost:9001] [-stream] [-deflate] [-tls] [-raw]
//	go run ./examples/echo -drive ws://localhost:9002 [-agent wsflow] [-stream] [-deflate] [-insecure]
package main

import (
	"context"
	"crypto/tls"
	"flag"
	"fmt"
	"os"

	"github.com/wsflow/wsflow/examples/internal/serve"
	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol/deflate"
	"github.com/wsflow/wsflow/upgrade"
)

// maxMessage is what one message may have: the largest that conformance suites send is 16 MiB.
const maxMessage = 64 << 20

// echo answers every message with itself: a strict one whole, a streamed one chunk by chunk.
func echo(in flow.Source[message.Message]) flow.Source[message.Message] {
	return flow.Map(in, func(m message.Message) message.Message { return m })
}

func main() {
	addr := flag.String("addr", "localhost:9001", "address to listen on")
	stream := flag.Bool("stream", false, "echo messages while they arrive")
	compress := flag.Bool("deflate", false, "agree to permessage-deflate, with context takeover if the peer wants it")
	secure := flag.Bool("tls", false, "serve https and wss, with a self-signed certificate")
	raw := flag.Bool("raw", false, "serve with upgrade.Server instead of http.Server")
	drive := flag.String("drive", "", "be the client of the conformance server at this `URL` instead")
	agent := flag.String("agent", "wsflow", "the name that -drive gives itself")
	insecure := flag.Bool("insecure", false, "with -drive, accept any certificate")
	flag.Parse()

	settings := upgrade.Settings{MaxMessage: maxMessage, Streaming: *stream}
	if *compress {
		keep := deflate.Window{Takeover: true}
		settings.Compression = &deflate.Settings{Server: keep, Client: keep}
	}
	var err error
	if *drive != "" {
		dialer := &upgrade.Dialer{Settings: settings}
		if *insecure {
			dialer.TLS = &tls.Config{InsecureSkipVerify: true} // asked for
		}
		d := driver{dialer: dialer, url: *drive, agent: *agent, out: os.Stdout}
		err = d.run(context.Background())
	} else {
		ws := &upgrade.Upgrader{Settings: settings, InsecureAnyOrigin: true}
		server := serve.Server{Addr: *addr, Handler: ws.Handler(echo), Upgrader: ws, TLS: *secure, Raw: *raw}
		err = server.Run(context.Background(), os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "echo:", err)
		os.Exit(1)
	}
}
