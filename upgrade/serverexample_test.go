package upgrade_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/upgrade"
)

// A server with a route for WebSocket connections and an ordinary one, from its listener to its end. Server.Shutdown knows of
// requests, Upgrader.Shutdown of WebSocket connections; upgrade.Shutdown does both at the same time.
func ExampleServer() {
	var ws upgrade.Upgrader
	mux := http.NewServeMux()
	mux.Handle("GET /shout", ws.Handler(shout))
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "fine") })

	server := &upgrade.Server{Handler: mux}
	listener, err := net.Listen("tcp", "127.0.0.1:0") // or ":8080"
	if err != nil {
		fmt.Println(err)
		return
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }() // or server.ServeTLS(listener, "cert.pem", "key.pem")

	shutdown := func() { // when a signal comes; see signal.NotifyContext
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		fmt.Println("shut down:", upgrade.Shutdown(ctx, server, &ws))
	}

	talkTo(listener.Addr().String(), shutdown)
	fmt.Println(<-served)
	// Output:
	// fine
	// HELLO
	// shut down: <nil>
	// websocket: closed by peer: 1001 going away: server shuts down
	// http: Server closed
}

// talkTo makes an ordinary request, and a WebSocket connection that is still open when the server shuts down.
func talkTo(host string, shutdown func()) {
	resp, err := http.Get("http://" + host + "/health")
	if err != nil {
		fmt.Println(err)
		return
	}
	health, _ := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	fmt.Printf("%s\n", health)

	ctx := context.Background()
	conn, _, err := new(upgrade.Dialer).Dial(ctx, "ws://"+host+"/shout")
	if err != nil {
		fmt.Println(err)
		return
	}
	down := make(chan struct{})
	words := flow.Concat(flow.Of(message.Text("hello")), flow.Never[message.Message]())
	for reply, err := range conn.Flow()(words).All(ctx) {
		if err != nil {
			fmt.Println(err)
			break
		}
		fmt.Println(reply.Text())
		go func() { defer close(down); shutdown() }()
	}
	<-down
	fmt.Println(conn.Closed())
}
