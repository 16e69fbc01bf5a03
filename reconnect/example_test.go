package reconnect_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/hub"
	"github.com/wsflow/wsflow/internal/wire"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/reconnect"
	"github.com/wsflow/wsflow/upgrade"
)

// serve serves requests on a network in memory, and returns the way to it.
func serve(h http.Handler) (dial func(ctx context.Context, network, addr string) (net.Conn, error), stop func()) {
	listener := wire.Listen()
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Second}
	go func() { _ = server.Serve(listener) }()
	return listener.DialContext, func() { _ = server.Close() }
}

// A server hangs up after each message, and the client does not mind.
func ExampleClient_Flow() {
	var ws upgrade.Upgrader
	dial, stop := serve(ws.Handler(func(in flow.Source[message.Message]) flow.Source[message.Message] {
		return flow.Concat(flow.Take(in, 1), flow.Fail[message.Message](&upgrade.CloseError{Code: 1012}))
	}))
	defer stop()

	client := reconnect.Client{
		URL: "ws://server/", Dialer: &upgrade.Dialer{DialContext: dial},
		Backoff: reconnect.Backoff{Base: time.Millisecond},
	}
	questions := flow.NewQueue[message.Message](3)
	questions.Offer(message.Text("question 1"))
	n := 1
	for m := range client.Flow()(questions.Source()).All(context.Background()) {
		fmt.Println("echo of", m.Text())
		if n++; n > 3 {
			break
		}
		time.AfterFunc(10*time.Millisecond, func() { questions.Offer(message.Text(fmt.Sprint("question ", n))) })
	}
	// Output:
	// echo of question 1
	// echo of question 2
	// echo of question 3
}

func ExampleTopic() {
	prices := hub.NewTopic(hub.Settings[int]{})
	var ws upgrade.Upgrader
	dial, stop := serve(ws.HandlerFunc(reconnect.Feed(prices, hub.Options{})))
	defer stop()

	seen := prices.Position() // kept from a run before
	for price := range 3 {
		_, _ = prices.Publish(context.Background(), 100+price)
	}
	topic := reconnect.Topic[int]{
		Client: &reconnect.Client{URL: "ws://server/", Dialer: &upgrade.Dialer{DialContext: dial}},
		After:  seen,
	}
	for item := range topic.Source().All(context.Background()) {
		fmt.Println(item.Position.Offset, item.Value)
		if item.Position.Offset == 3 {
			break
		}
	}
	// Output:
	// 1 100
	// 2 101
	// 3 102
}
