package hixie_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	draft "github.com/wsflow/wsflow/protocol/hixie"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/upgrade/hixie"
)

// A greeter for browsers of any age, and one of them from 2010.
func Example() {
	var ws upgrade.Upgrader
	greeter := func(in flow.Source[message.Message]) flow.Source[message.Message] {
		return flow.Map(in, func(name message.Message) message.Message { return message.Text("Hello " + name.Text() + "!") })
	}
	mux := http.NewServeMux()
	mux.Handle("GET /greeter", &hixie.Handler{Upgrader: &ws, Handler: greeter})
	server := httptest.NewServer(mux)
	defer server.Close()

	host := strings.TrimPrefix(server.URL, "http://")
	socket, err := net.Dial("tcp", host)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = socket.Close() }()
	client, err := draft.NewClient(&draft.ClientHandshake{Version: draft.Hixie76, Host: host, Target: "/greeter", Origin: server.URL}, draft.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = client.Send(protocol.OpText, []byte("Peter")) // when the handshake is complete
	buf := make([]byte, 1024)
	for in := buf[:0]; ; {
		if _, err := socket.Write(client.Output()); err != nil {
			fmt.Println(err)
			return
		}
		event, n, err := client.Next(in)
		in = in[n:]
		switch {
		case errors.Is(err, protocol.ErrClosed):
			return
		case errors.Is(err, protocol.ErrShort):
			if n, err = socket.Read(buf); err != nil {
				fmt.Println(err)
				return
			}
			in = buf[:n]
			continue
		case err != nil:
			fmt.Println(err)
			return
		case event.Type == draft.EventText:
			client.Close()
		}
		fmt.Printf("%v %q\n", event.Type, event.Text)
	}
	// Output:
	// open ""
	// text "Hello Peter!"
	// close ""
}
