package wstest_test

import (
	"context"
	"fmt"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/wstest"
)

// The client of a request is a handler like any other. In a test it is a WSProbe; see the package's example.
func ExampleWS() {
	replies := make(chan string)
	first := flow.NewSink("first reply", func(ctx context.Context, in flow.Source[message.Message]) (struct{}, error) {
		reply, err := flow.Head[message.Message]().Run(ctx, in)
		replies <- reply.Text()
		return struct{}{}, err
	})
	names := flow.Concat(flow.Of(message.Text("Ada")), flow.Never[message.Message]())

	r := wstest.WS("/greeter", flow.FromSinkAndSource(first, names)).Run(route)
	fmt.Println(r.Status)
	fmt.Println(<-replies)
	// Output:
	// 101 Switching Protocols
	// Hello Ada!
}

func ExampleHTTP() {
	r := wstest.HTTP("GET", "/greeter").Run(route)
	fmt.Println(r.StatusCode, r.Header.Get("Upgrade"))
	fmt.Println(r.Rejections())
	// Output:
	// 426 websocket
	// [upgrade: 426 Upgrade Required: Upgrade does not name websocket]
}
