package protocol_test

import (
	"errors"
	"fmt"
	"strings"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/deflate"
)

// Both ends of a connection, without one: what the client writes, the server
// reads.
func Example() {
	client := protocol.NewWriter(protocol.Client, nil)
	wire, _ := client.AppendFrame(nil, protocol.OpText, []byte("Hello, "), false)
	wire, _ = client.AppendPing(wire, []byte("are you there?"))
	wire, _ = client.AppendFrame(wire, protocol.OpContinuation, []byte("world"), true)
	wire, _ = client.AppendClose(wire, protocol.CloseNormal, "done")

	server := protocol.NewReader(protocol.ReaderConfig{Role: protocol.Server})
	for {
		ev, n, err := server.Next(wire)
		if err != nil {
			fmt.Println(err)
			return
		}
		wire = wire[n:]
		switch ev.Type {
		case protocol.EventData:
			fmt.Printf("%v %q, end: %v\n", ev.Opcode, ev.Payload, ev.End)
		case protocol.EventPing:
			fmt.Printf("ping %q\n", ev.Payload)
		case protocol.EventClose:
			fmt.Printf("close %v, %q\n", ev.Code, ev.Reason)
		}
	}
	// Output:
	// text "Hello, ", end: false
	// ping "are you there?"
	// text "world", end: true
	// close 1000 normal closure, "done"
	// websocket: the peer has sent its close frame
}

// The opening handshake from both ends.
func Example_handshake() {
	client := protocol.ClientHandshake{
		Host: "example.com", Target: "/chat", Key: protocol.NewKey(),
		Subprotocols: []string{"chat.v2", "chat.v1"},
	}
	wire, err := client.AppendRequest(nil)
	if err != nil {
		fmt.Println(err)
		return
	}

	request, _, err := protocol.ParseRequest(wire, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	offer, err := protocol.CheckRequest(request)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(request.Method, request.Host+request.Target, offer.Subprotocols)
	wire, err = protocol.AppendResponse(nil, offer.Key, "chat.v1", nil, protocol.Header{"Server": {"wsflow"}})
	if err != nil {
		fmt.Println(err)
		return
	}

	response, _, err := protocol.ParseResponse(wire, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	chosen, _, err := client.CheckResponse(response)
	fmt.Println(response.Status, response.Header.Get("Server"), chosen, err)
	// Output:
	// GET example.com/chat [chat.v2 chat.v1]
	// 101 wsflow chat.v1 <nil>
}

// A message that was compressed, between its frames and its text.
func ExampleDecoder() {
	ours := []protocol.Negotiator{deflate.New(deflate.Settings{})}
	answer, serverCodecs := protocol.AcceptExtensions(ours, protocol.OfferExtensions(ours))
	clientCodecs, err := protocol.ConfirmExtensions(ours, answer)
	if err != nil {
		fmt.Println(err)
		return
	}

	var encoder protocol.Encoder
	encoder.Init(serverCodecs)
	writer := protocol.NewWriter(protocol.Server, nil)
	text := []byte(strings.Repeat("Hello! ", 1000))
	writer.SetRSV(encoder.Begin(protocol.OpText, len(text), nil))
	wire, _ := writer.AppendMessage(nil, protocol.OpText, encoder.Encode(nil, text, true))
	fmt.Println("shorter:", len(wire) < 100)

	var decoder protocol.Decoder
	decoder.Init(clientCodecs, 0)
	reader := protocol.NewReader(protocol.ReaderConfig{Role: protocol.Client, RSV: protocol.CodecRSV(clientCodecs)})
	ev, _, err := reader.Next(wire)
	if err != nil {
		fmt.Println(err)
		return
	}
	if encoded, err := decoder.Begin(ev.Opcode, ev.RSV); !encoded {
		fmt.Println("not compressed", err)
		return
	}
	room := make([]byte, 0, 512)
	for src := ev.Payload; ; {
		piece, n, err := decoder.Decode(room, src, ev.End)
		fmt.Print(len(piece), " ")
		if err != protocol.ErrFull {
			fmt.Println(err)
			return
		}
		src = src[n:]
	}
	// Output:
	// shorter: true
	// 512 512 512 512 512 512 512 512 512 512 512 512 512 344 <nil>
}

// A violation has the code and the reason to close with.
func ExampleReader_Next() {
	r := protocol.NewReader(protocol.ReaderConfig{Role: protocol.Server, MaxMessage: 100})
	w := protocol.NewWriter(protocol.Client, nil)
	header, _, _ := w.AppendHeader(nil, protocol.OpBinary, 101, true)

	_, _, err := r.Next(header)
	var violation *protocol.CloseError
	if errors.As(err, &violation) {
		reply, _ := protocol.NewWriter(protocol.Server, nil).AppendClose(nil, violation.Code, violation.Reason)
		fmt.Println(err)
		fmt.Printf("%q\n", reply)
	}
	// Output:
	// websocket: closed: 1009 message too big: message exceeds 100 bytes
	// "\x88\x1b\x03\xf1message exceeds 100 bytes"
}

// A server answers an opening handshake.
func ExampleCheckRequest() {
	head := "GET /chat HTTP/1.1\r\n" +
		"Host: server.example.com\r\n" +
		"Upgrade: websocket\r\n" +
		"Connection: keep-alive, Upgrade\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
		"Sec-WebSocket-Protocol: chat, superchat\r\n" +
		"Sec-WebSocket-Version: 13\r\n\r\n"
	request, _, err := protocol.ParseRequest([]byte(head), 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	offer, err := protocol.CheckRequest(request)
	if err != nil {
		fmt.Println(err)
		return
	}
	response, _ := protocol.AppendResponse(nil, offer.Key, offer.Subprotocols[0], nil, nil)
	fmt.Print(strings.ReplaceAll(string(response), "\r\n", "\n"))
	// Output:
	// HTTP/1.1 101 Switching Protocols
	// Upgrade: websocket
	// Connection: Upgrade
	// Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=
	// Sec-WebSocket-Protocol: chat
}

// A client refuses an answer that is not meant for it.
func ExampleClientHandshake_CheckResponse() {
	h := protocol.ClientHandshake{Host: "server.example.com", Target: "/chat", Key: "dGhlIHNhbXBsZSBub25jZQ=="}
	response, _, _ := protocol.ParseResponse([]byte("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), 0)
	_, _, err := h.CheckResponse(response)
	fmt.Println(err)
	// Output:
	// websocket: handshake: server did not switch protocols (status 200)
}

// A refused handshake is a whole response.
func ExampleHandshakeError_AppendTo() {
	_, err := protocol.CheckRequest(&protocol.Request{Method: "GET", Proto: "HTTP/1.1", Host: "example.com"})
	var refusal *protocol.HandshakeError
	if errors.As(err, &refusal) {
		fmt.Print(strings.ReplaceAll(string(refusal.AppendTo(nil)), "\r\n", "\n"))
	}
	// Output:
	// HTTP/1.1 426 Upgrade Required
	// Connection: Upgrade, close
	// Content-Length: 32
	// Content-Type: text/plain; charset=utf-8
	// Upgrade: websocket
	//
	// Upgrade does not name websocket
}

// Text is checked while it arrives, wherever it is cut.
func ExampleUTF8() {
	var u protocol.UTF8
	fmt.Println(u.Write([]byte("caf\xc3")), u.Complete())
	fmt.Println(u.Write([]byte("\xa9")), u.Complete())
	fmt.Println(u.Write([]byte("\xed\xa0")), "a surrogate cannot become valid")
	// Output:
	// true false
	// true true
	// false a surrogate cannot become valid
}
