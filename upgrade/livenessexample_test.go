package upgrade_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/upgrade"
)

// A server that pings every 20 s with the time in the payload, so that a capture of the wire shows when each was sent, and ends a
// connection over which no message has gone for five minutes.
func ExampleSettings() {
	ws := upgrade.Upgrader{Settings: upgrade.Settings{
		PingInterval: 20 * time.Second,
		PingPayload: func(*upgrade.Conn) []byte {
			return binary.BigEndian.AppendUint64(nil, uint64(time.Now().UnixNano()))
		},
		IdleTimeout: 5 * time.Minute,
	}}
	server := httptest.NewServer(ws.Handler(shout))
	defer server.Close()

	var dialer upgrade.Dialer
	conn, _, err := dialer.Dial(context.Background(), strings.Replace(server.URL, "http", "ws", 1))
	if err != nil {
		fmt.Println(err)
		return
	}
	reply, err := flow.Head[message.Message]().Run(context.Background(), conn.Flow()(flow.Of(message.Text("hello"))))
	fmt.Println(reply.Text(), err)
	// Output: HELLO <nil>
}

// The round-trip times of a connection, as they are measured: here until three pings of it were answered.
func ExampleConn_RoundTripTimes() {
	ws := upgrade.Upgrader{Settings: upgrade.Settings{PingInterval: time.Millisecond}}
	times := make(chan []time.Duration)
	handler := func(in flow.Source[message.Message]) flow.Source[message.Message] {
		return flow.FromFunc(func(ctx context.Context, _ func(message.Message) error) error {
			conn := upgrade.FromContext(ctx)
			go func() {
				first, _ := flow.Collect(ctx, flow.Take(conn.RoundTripTimes(), 3))
				times <- first
			}()
			return in.Run(ctx, func(message.Message) error { return nil })
		})
	}
	server := httptest.NewServer(ws.Handler(handler))
	defer server.Close()

	var dialer upgrade.Dialer
	conn, _, err := dialer.Dial(context.Background(), strings.Replace(server.URL, "http", "ws", 1))
	if err != nil {
		fmt.Println(err)
		return
	}
	go func() { _ = conn.Run(context.Background(), shout) }() // who reads answers pings
	fmt.Println(len(<-times))
	_ = conn.Close(1000, "")
	// Output: 3
}
