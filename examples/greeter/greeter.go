package main

import (
	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
)

// greeter answers a text message that holds a name with "Hello NAME!". A name that arrives in pieces is greeted
// in pieces, as they come. Binary messages are ignored; what is left of them is drained by the connection.
func greeter(in flow.Source[message.Message]) flow.Source[message.Message] {
	names := flow.Filter(in, message.Message.IsText)
	return flow.Map(names, func(name message.Message) message.Message {
		if name.IsStrict() {
			return message.Text("Hello " + name.Text() + "!")
		}
		return message.TextStream(flow.Concat(flow.Of("Hello "), name.TextChunks(), flow.Of("!")))
	})
}
