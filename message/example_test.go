package message_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
)

// greeter answers a name with a greeting. A name that arrives in chunks is greeted while it arrives. Binary
// messages are left out; the engine drains those that are streamed.
func greeter(in flow.Source[message.Message]) flow.Source[message.Message] {
	return flow.Map(flow.Filter(in, message.Message.IsText), greet)
}

func greet(name message.Message) message.Message {
	if name.IsStrict() {
		return message.Text("Hello " + name.Text() + "!")
	}
	return message.TextStream(flow.Concat(flow.Of("Hello "), name.TextChunks(), flow.Of("!")))
}

// A greeter that streams: each message is answered in the way it came.
func Example() {
	in := flow.Of(
		message.Text("Ada"),
		message.TextStream(flow.Of("Gra", "ce")),
		message.Binary([]byte{1, 2, 3}),
	)
	for reply := range greeter(in).All(context.Background()) {
		fmt.Println(reply)
		for chunk := range reply.TextChunks().All(context.Background()) {
			fmt.Printf("  %q\n", chunk)
		}
	}
	// Output:
	// text of 10 bytes: "Hello Ada!"
	//   "Hello Ada!"
	// streamed text
	//   "Hello "
	//   "Gra"
	//   "ce"
	//   "!"
}

func ExampleTextOnly() {
	greeter := message.TextOnly(func(names flow.Source[string]) flow.Source[string] {
		return flow.Map(names, func(name string) string { return "Hello " + name + "!" })
	}, message.Codec{Other: message.Skip})

	in := flow.Of(message.Text("Ada"), message.Binary([]byte{1, 2, 3}), message.TextStream(flow.Of("Gra", "ce")))
	for reply := range greeter(in).All(context.Background()) {
		fmt.Println(reply.Text())
	}
	// Output:
	// Hello Ada!
	// Hello Grace!
}

func ExampleBinaryOnly() {
	reverse := message.BinaryOnly(func(in flow.Source[[]byte]) flow.Source[[]byte] {
		return flow.Map(in, func(b []byte) []byte {
			reversed := make([]byte, len(b)) // what comes in is read-only
			for i, c := range b {
				reversed[len(b)-1-i] = c
			}
			return reversed
		})
	})

	for reply, err := range reverse(flow.Of(message.Binary([]byte{1, 2, 3}), message.Text("abc"))).All(context.Background()) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(reply.Bytes())
	}
	// Output:
	// [3 2 1]
	// message: websocket: closed: 1003 unsupported data: text messages are not accepted
}

func ExampleJSON() {
	type Request struct{ Words []string }
	type Reply struct{ Sentence string }

	join := message.JSON(func(in flow.Source[Request]) flow.Source[Reply] {
		return flow.Map(in, func(r Request) Reply { return Reply{strings.Join(r.Words, " ")} })
	}, message.Codec{Invalid: message.Skip})

	in := flow.Of(message.Text(`{"Words": ["Hello", "Ada"]}`), message.Text("oops"))
	for reply := range join(in).All(context.Background()) {
		fmt.Println(reply.Text())
	}
	// Output:
	// {"Sentence":"Hello Ada"}
}

// JSON takes text messages. A peer that sends it in binary ones is understood with a Map before.
func ExampleJSON_binary() {
	asText := func(m message.Message) message.Message { return message.TextStream(m.TextChunks()) }
	double := message.JSON(func(in flow.Source[int]) flow.Source[int] {
		return flow.Map(in, func(n int) int { return 2 * n })
	})

	in := flow.Of(message.Binary([]byte("21")))
	for reply := range double(flow.Map(in, asText)).All(context.Background()) {
		fmt.Println(reply)
	}
	// Output:
	// text of 2 bytes: "42"
}

func ExampleMessage_Strict() {
	m := message.TextStream(flow.Of("Hel", "lo"))
	whole, err := m.Strict(context.Background(), 100)
	fmt.Println(whole.Text(), err)

	_, err = m.Strict(context.Background(), 4)
	fmt.Println(err)
	// Output:
	// Hello <nil>
	// message: too long for the limit given to Message.Strict: websocket: closed: 1009 message too big: message is longer than 4 bytes
}
