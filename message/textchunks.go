package message

import (
	"context"
	"unicode/utf8"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/protocol"
)

// notUTF8 is what a text fails with that is not one.
//
// RFC 6455, 8.1: "When an endpoint is to interpret a byte stream as UTF-8 but finds that the byte stream
// is not, in fact, a valid UTF-8 stream, that endpoint MUST _Fail the WebSocket Connection_."
func notUTF8() error {
	return refusal(protocol.CloseInvalidPayload, "text is not valid UTF-8")
}

// TextChunks returns the content as text, in chunks, as it arrives. No chunk is empty, and none ends inside a
// code point: up to three bytes are held back until the rest of theirs arrives, and then make a chunk with it.
// If the content is not valid UTF-8, the stream fails with a [protocol.CloseError] of code 1007 at the chunk
// that shows it. A strict message gives one chunk, or none if it is empty. Binary messages are read as text,
// too.
//
//	message     --H e C3--A9 l l--o--|
//	TextChunks
//	out         --He------é-ll----o--|
//
// The chunks of an inbound streamed message are one-shot: a second run fails with [flow.ErrConsumed].
func (m Message) TextChunks() flow.Source[string] {
	switch {
	case m.IsStrict() && m.content == "":
		return flow.Source[string]{}
	case m.IsKnownValid():
		return flow.Of(m.content)
	case m.IsStrict():
		return cutText(flow.Of(m.content), func(s string) string { return s })
	case m.body.strings:
		return cutText(m.body.texts, func(s string) string { return s })
	}
	return cutText(m.body.chunks, stringOf)
}

// cutText checks text and cuts it where code points end.
func cutText[I string | []byte](in flow.Source[I], text func(I) string) flow.Source[string] {
	return flow.Operator("TextChunks", in, func(
		_ context.Context, emit func(string) error, end func(error),
	) (func(I) error, func(error)) {
		c := textCutter{emit: emit, end: end}
		return func(chunk I) error { return c.next(text(chunk)) }, c.last
	})
}

// A textCutter is one run of cutText.
type textCutter struct {
	emit  func(string) error
	end   func(error)
	valid protocol.UTF8
	held  string // the open code point, as far as it has arrived
}

func (c *textCutter) next(s string) error {
	if !c.valid.Write(bytesOf(s)) {
		return notUTF8()
	}
	open := c.valid.PartialRune() // at the end of held and s together
	if c.held != "" {
		rest := continuation(s)
		c.held += s[:rest]
		if rest == len(s) && open > 0 {
			return nil // held is what is open still
		}
		s = s[rest:]
		if err := c.emit(c.held); err != nil {
			return err
		}
	}
	whole := len(s) - open
	c.held = s[whole:]
	if whole == 0 {
		return nil
	}
	return c.emit(s[:whole])
}

func (c *textCutter) last(err error) {
	if err == nil && !c.valid.Complete() {
		err = notUTF8()
	}
	c.end(err)
}

// continuation returns how many bytes at the start of s go on with a code point begun before.
func continuation(s string) int {
	n := 0
	for n < len(s) && !utf8.RuneStart(s[n]) {
		n++
	}
	return n
}
