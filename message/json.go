package message

import (
	"encoding/json"
	"fmt"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/protocol"
)

// JSON makes a handler of a flow of Go values: each text message of the peer is decoded into an I by
// encoding/json, and each O that f emits is encoded and sent as text. If I is a pointer, the peer can
// make it nil by sending null.
//
// A message that is not the JSON of an I fails the stream with code 1007, unless the [Codec] has a
// policy for invalid ones; what encoding/json says about it is in the error, but not in the close
// reason. Binary messages are refused with code 1003, unless the Codec has a policy for others. A value
// that encoding/json cannot encode fails the stream.
//
//	in          --{"n":1}--oops--{"n":2}--|
//	JSON(increment, Codec{Invalid: Skip})
//	out         --{"n":2}--------{"n":3}--|
func JSON[I, O any](f flow.Flow[I, O], codec ...Codec) flow.Flow[Message, Message] {
	c := theCodec(codec)
	return func(in flow.Source[Message]) flow.Source[Message] { return EncodeJSON(f(DecodeJSON[I](in, c))) }
}

// DecodeJSON is the first half of [JSON], for handlers that answer with something else, or do not answer.
//
//	in          --{"n":1}--oops--{"n":2}--|
//	DecodeJSON(Codec{Invalid: Skip})
//	out         --1--------------2--------|
func DecodeJSON[I any](in flow.Source[Message], codec ...Codec) flow.Source[I] {
	c := theCodec(codec)
	return decoded("DecodeJSON", in, KindText, &c, decodeJSON[I])
}

// EncodeJSON is the second half of [JSON], for handlers that take something else, such as binary messages, or nothing.
//
//	in          --1--------2--------|
//	EncodeJSON
//	out         --{"n":1}--{"n":2}--|
func EncodeJSON[O any](in flow.Source[O]) flow.Source[Message] {
	return encoded("EncodeJSON", in, encodeJSON[O])
}

func decodeJSON[I any](m Message) (I, error) {
	var v I
	if err := json.Unmarshal(m.Bytes(), &v); err != nil {
		return v, fmt.Errorf("message: %w: %w", &protocol.CloseError{
			Code: protocol.CloseInvalidPayload, Reason: "message is not the JSON that is expected",
		}, err)
	}
	return v, nil
}

func encodeJSON[O any](v O) (Message, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return Message{}, fmt.Errorf("message: encode JSON: %w", err)
	}
	return Text(stringOf(b)), nil
}
