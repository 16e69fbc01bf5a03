package hixie_test

import (
	"errors"
	"fmt"
	"strings"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/hixie"
)

// An echo server without a socket: what comes in is a string here.
func Example() {
	in := []byte(request76 + body76 + "\x00Hello\xFF" + "\xFF\x00")

	request, n, err := protocol.ParseRequest(in, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	in = in[n:]
	offer, err := hixie.CheckRequest(request, false)
	if err != nil {
		fmt.Println(err)
		return
	}
	conn, err := hixie.NewServer(offer, hixie.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	line, _, _ := strings.Cut(string(conn.Output()), "\r\n")
	fmt.Println(line)
	for {
		event, n, err := conn.Next(in)
		in = in[n:]
		switch {
		case errors.Is(err, protocol.ErrClosed):
			return
		case err != nil: // including ErrShort: read more
			fmt.Println(err)
			return
		case event.Type == hixie.EventText:
			_ = conn.Send(protocol.OpText, []byte(event.Text))
		case event.Type == hixie.EventClose:
			conn.Close()
		}
		fmt.Printf("%v %q\n", event.Type, conn.Output())
	}
	// Output:
	// HTTP/1.1 101 WebSocket Protocol Handshake
	// open "8jKS'y:G*Co,Wxa-"
	// text "\x00Hello\xff"
	// close "\xff\x00"
}
