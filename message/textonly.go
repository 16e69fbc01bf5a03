package message

import "github.com/wsflow/wsflow/flow"

// TextOnly makes a handler of a flow of strings: it is given the text messages of the peer, the streamed ones
// collected, and what it emits is sent as text. Binary messages are refused with code 1003, unless the
// [Codec] has a policy for others.
//
//	in          --Text("a")--Binary(…)--Text("b")--|
//	TextOnly(upper, Codec{Other: Skip})
//	out         --Text("A")-------------Text("B")--|
func TextOnly(f flow.Flow[string, string], codec ...Codec) flow.Flow[Message, Message] {
	c := theCodec(codec)
	return func(in flow.Source[Message]) flow.Source[Message] {
		texts := decoded("TextOnly", in, KindText, &c, func(m Message) (string, error) { return m.content, nil })
		return encoded("Text", f(texts), func(s string) (Message, error) { return Text(s), nil })
	}
}
