package message

import (
	"context"
	"slices"

	"github.com/wsflow/wsflow/flow"
)

// A body is what a streamed message has instead of content.
type body struct {
	streamed bool
	strings  bool                // the chunks are texts
	texts    flow.Source[string] // if strings
	chunks   flow.Source[[]byte] // if not
	holder   flow.Holder         // of an inbound message, else nil
}

// TextStream makes a streamed text message of its chunks. They may end anywhere, also inside a code point. The
// message can be run as often as chunks can.
//
// A reply whose chunks come from an inbound message, such as Concat(Of("Hello "), m.TextChunks()), is sent
// while m is handed on.
func TextStream(chunks flow.Source[string]) Message {
	return Message{kind: KindText, body: &body{streamed: true, strings: true, texts: chunks}}
}

// BinaryStream makes a streamed binary message of its chunks. It takes each chunk over when it is emitted:
// nobody writes to it any more. The message can be run as often as chunks can.
func BinaryStream(chunks flow.Source[[]byte]) Message {
	return Message{kind: KindBinary, body: &body{streamed: true, chunks: chunks}}
}

// Inbound makes a streamed message that arrives from a connection. It is for engines. Like [BinaryStream] it takes
// each chunk over. Hold and Release of the message are those of h, which may be nil.
func Inbound(kind Kind, chunks flow.Source[[]byte], h flow.Holder) Message {
	return Message{kind: kind, body: &body{streamed: true, chunks: chunks, holder: h}}
}

// Hold keeps an inbound streamed message from being drained when the handler returns from taking it: somebody
// goes on reading it elsewhere. Each Hold is followed by one Release. On other messages it does nothing. It
// makes Message a [flow.Holder], and the operators of package flow call it themselves.
func (m Message) Hold() {
	if m.body != nil && m.body.holder != nil {
		m.body.holder.Hold()
	}
}

// Release takes back one [Message.Hold]. It may be called from any goroutine.
func (m Message) Release() {
	if m.body != nil && m.body.holder != nil {
		m.body.holder.Release()
	}
}

// Chunks returns the content in chunks, as they arrive. They are read-only and may be kept; none is empty. A
// strict message gives one chunk, or none if it is empty. Whether a text is valid is not looked at: see
// [Message.TextChunks].
//
// The chunks of an inbound streamed message are one-shot: a second run fails with [flow.ErrConsumed].
func (m Message) Chunks() flow.Source[[]byte] {
	switch {
	case m.IsStrict() && m.content == "":
		return flow.Source[[]byte]{}
	case m.IsStrict():
		return flow.Of(bytesOf(m.content))
	case m.body.strings:
		return nonEmpty(m.body.texts, bytesOf)
	}
	return nonEmpty(m.body.chunks, slices.Clip) // what is appended to a chunk goes elsewhere
}

// nonEmpty passes on the chunks that are not empty, each converted.
func nonEmpty[I string | []byte](in flow.Source[I], bytes func(I) []byte) flow.Source[[]byte] {
	return flow.Operator("Chunks", in, func(
		_ context.Context, emit func([]byte) error, end func(error),
	) (func(I) error, func(error)) {
		return func(chunk I) error {
			if len(chunk) == 0 {
				return nil
			}
			return emit(bytes(chunk))
		}, end
	})
}
