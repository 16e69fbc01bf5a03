package message

import "github.com/wsflow/wsflow/flow"

// BinaryOnly makes a handler of a flow of bytes: it is given the binary messages of the peer, the streamed ones
// collected, and what it emits is sent as binary. The bytes that it is given are read-only; those that
// it emits nobody writes to any more. Text messages are refused with code 1003, unless the [Codec] has
// a policy for others.
//
//	in          --Binary(1)--Text("a")--Binary(2)--|
//	BinaryOnly(twice, Codec{Other: Skip})
//	out         --Binary(2)-------------Binary(4)--|
func BinaryOnly(f flow.Flow[[]byte, []byte], codec ...Codec) flow.Flow[Message, Message] {
	c := theCodec(codec)
	return func(in flow.Source[Message]) flow.Source[Message] {
		chunks := decoded("BinaryOnly", in, KindBinary, &c, func(m Message) ([]byte, error) { return m.Bytes(), nil })
		return encoded("Binary", f(chunks), func(b []byte) (Message, error) { return Binary(b), nil })
	}
}
