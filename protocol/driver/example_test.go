package driver_test

import (
	"errors"
	"fmt"
	"strings"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/deflate"
	"github.com/wsflow/wsflow/protocol/driver"
)

// Both ends of a connection, whose transport are two byte slices.
func Example() {
	client, err := driver.NewClient("ws://example.com/chat", driver.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	server, err := driver.NewServer(driver.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}

	_ = client.Text("hello") // waits until the connection is open
	for client.State() != driver.StateClosed {
		server.Receive(client.Output())
		for ev, ok := server.Next(); ok; ev, ok = server.Next() {
			if ev.Type == driver.EventMessage {
				fmt.Printf("the server got %v %q\n", ev.Opcode, ev.Payload)
				_ = server.Text("you said " + string(ev.Payload))
			}
		}
		client.Receive(server.Output())
		for ev, ok := client.Next(); ok; ev, ok = client.Next() {
			if ev.Type == driver.EventMessage {
				fmt.Printf("the client got %v %q\n", ev.Opcode, ev.Payload)
				_ = client.Close(protocol.CloseNormal, "done")
			}
		}
	}
	fmt.Println("the server:", server.Closed())
	// Output:
	// the server got text "hello"
	// the client got text "you said hello"
	// the server: websocket: closed by peer: 1000 normal closure: done
}

// A server looks at the request before it answers.
func ExampleNewServer() {
	serve := func(request string) {
		server, err := driver.NewServer(driver.Config{Subprotocols: []string{"chat"}})
		if err != nil {
			fmt.Println(err)
			return
		}
		server.Receive([]byte(request))
		for ev, ok := server.Next(); ok; ev, ok = server.Next() {
			switch ev.Type {
			case driver.EventRequest:
				if ev.Request.Header.Get("Origin") != "https://example.com" {
					_ = server.Refuse(&protocol.HandshakeError{Status: 403, Reason: "not from there"})
				}
			case driver.EventOpen:
				fmt.Printf("open, subprotocol %q\n", server.Subprotocol())
			case driver.EventClose:
				fmt.Println(ev.Err)
			}
		}
		status, _, _ := strings.Cut(string(server.Output()), "\r\n")
		fmt.Println(status)
	}

	const request = "GET /chat HTTP/1.1\r\n" +
		"Host: example.com\r\n" +
		"Origin: https://example.com\r\n" +
		"Upgrade: websocket\r\n" +
		"Connection: Upgrade\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
		"Sec-WebSocket-Protocol: superchat, chat\r\n" +
		"Sec-WebSocket-Version: 13\r\n\r\n"
	serve(request)
	serve(strings.Replace(request, "https://example.com", "https://elsewhere.example", 1))
	// Output:
	// open, subprotocol "chat"
	// HTTP/1.1 101 Switching Protocols
	// websocket: closed: 1002 protocol error: websocket: handshake: not from there (status 403)
	// HTTP/1.1 403 Forbidden
}

// A client that is refused can say why.
func ExampleNewClient() {
	client, err := driver.NewClient("ws://alice:secret@example.com/chat?room=1", driver.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for line := range strings.SplitSeq(string(client.Output()), "\r\n") {
		if line != "" && !strings.HasPrefix(line, "Sec-WebSocket-Key:") { // which is random
			fmt.Println(line)
		}
	}

	client.Receive([]byte("HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\n\r\nno such room"))
	ev, _ := client.Next()
	var refusal *protocol.HandshakeError
	if errors.As(ev.Err, &refusal) {
		fmt.Println("refused:", refusal.Status, refusal.Header.Get("Content-Type"), string(client.Body()))
	}
	// Output:
	// GET /chat?room=1 HTTP/1.1
	// Host: example.com
	// Upgrade: websocket
	// Connection: Upgrade
	// Sec-WebSocket-Version: 13
	// Authorization: Basic YWxpY2U6c2VjcmV0
	// refused: 404 text/plain no such room
}

// Both ends are willing to compress.
func ExampleConfig() {
	cfg := driver.Config{Extensions: []protocol.Negotiator{deflate.New(deflate.Settings{})}}
	client, err := driver.NewClient("ws://example.com/", cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	server, err := driver.NewServer(cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = server.Text(strings.Repeat("all work and no play ", 1000))
	server.Receive(client.Output())
	for _, ok := server.Next(); ok; _, ok = server.Next() {
	}
	fmt.Println(server.Extensions()[0].Name, "in less than a kilobyte:", server.Pending() < 1024)
	client.Receive(server.Output())
	for ev, ok := client.Next(); ok; ev, ok = client.Next() {
		fmt.Println(ev.Type, len(ev.Payload))
	}
	// Output:
	// permessage-deflate in less than a kilobyte: true
	// open 0
	// message 21000
}

// A client behind a proxy asks that for a tunnel first.
func ExampleNewProxy() {
	const server = "wss://example.com/chat"
	proxy, err := driver.NewProxy("http://alice:secret@proxy.example:3128", server, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	address, _ := proxy.Address()
	fmt.Println("connect to", address)
	fmt.Print(strings.ReplaceAll(string(proxy.Output()), "\r\n", "\n"))

	connected, err := proxy.Receive([]byte("HTTP/1.1 200 Connection established\r\n\r\n"))
	fmt.Println(connected, err)

	// TLS comes now, since the server's URL says wss, and then the client:
	client, err := driver.NewClient(server, driver.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	client.Receive(proxy.Rest()) // without TLS; with it, this is where TLS begins to read
	fmt.Println(client.State())
	// Output:
	// connect to proxy.example:3128
	// CONNECT example.com:443 HTTP/1.1
	// Host: example.com:443
	// Connection: keep-alive
	// Proxy-Connection: keep-alive
	// Proxy-Authorization: Basic YWxpY2U6c2VjcmV0
	//
	// true <nil>
	// connecting
}
