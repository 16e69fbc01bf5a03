package message

import (
	"unicode/utf8"
	"unsafe"
)

// A Message is one text or binary message, strict or streamed. It is a small value: passing it on
// allocates nothing, and neither does making a strict one. The zero Message is an empty strict text.
//
// Messages are compared with [Message.Equal].
type Message struct {
	_ [0]func() // disallow ==, which would see what Equal must not

	content string // of a strict message: its bytes, of either kind
	body    *body  // of a streamed message: its chunks; of a strict text: nil if empty, else unchecked or checked
	kind    Kind

	compression Compression // of one that is sent
}

// The bodies of strict texts differ by their address alone, so that reflect.DeepEqual, and with it the test
// libraries, takes texts for equal that are.
var (
	unchecked = &body{} // nobody has looked yet whether the text is UTF-8
	checked   = &body{} // it is
)

// Text makes a strict text message. Whether s is valid UTF-8 is checked when it is sent or collected.
func Text(s string) Message {
	return strictText(s, unchecked)
}

// ValidText makes a strict text message of a string that is known to be valid UTF-8, so that nobody needs to look
// again. It is for engines and codecs, which have just checked or written s themselves; if
// s is not valid, an invalid message goes on the wire.
func ValidText(s string) Message {
	return strictText(s, checked)
}

func strictText(s string, b *body) Message {
	if s == "" {
		return Message{} // the one empty text
	}
	return Message{content: s, body: b}
}

// Binary makes a strict binary message. It takes b over: nobody writes to b any more.
func Binary(b []byte) Message {
	return Message{kind: KindBinary, content: stringOf(b)}
}

// Kind returns the kind of the message.
func (m Message) Kind() Kind { return m.kind }

// IsText reports whether m is a text message.
func (m Message) IsText() bool { return m.kind == KindText }

// IsBinary reports whether m is a binary message.
func (m Message) IsBinary() bool { return m.kind == KindBinary }

// IsStrict reports whether m is strict, which is to say complete.
func (m Message) IsStrict() bool { return m.body == nil || !m.body.streamed }

// IsKnownValid reports whether m is a strict text that is known to be valid UTF-8. It is for engines, which check
// other texts before they write them. False says nothing about the text.
func (m Message) IsKnownValid() bool {
	return m.kind == KindText && (m.body == checked || m.IsStrict() && m.content == "")
}

// Text returns the content of a strict message, of either kind, without copying it. The text of a message that was
// not received or collected need not be valid UTF-8. Text panics on a streamed message.
func (m Message) Text() string {
	m.mustBeStrict("Text")
	return m.content
}

// Bytes returns the content of a strict message, of either kind, without copying it. The result is read-only, never
// nil, and its capacity is its length: what is appended to it goes elsewhere. Bytes panics on a streamed message.
func (m Message) Bytes() []byte {
	m.mustBeStrict("Bytes")
	return bytesOf(m.content)
}

// Len returns the length of a strict message in bytes. It panics on a streamed message.
func (m Message) Len() int {
	m.mustBeStrict("Len")
	return len(m.content)
}

func (m Message) mustBeStrict(method string) {
	if !m.IsStrict() {
		panic("message: " + method + " of a streamed message: collect it with Strict, or read TextChunks or Chunks")
	}
}

// Equal reports whether m and other are strict, of one kind, and have the same content. A streamed
// message equals nothing.
func (m Message) Equal(other Message) bool {
	return m.kind == other.kind && m.IsStrict() && other.IsStrict() && m.content == other.content
}

// isValid reports whether a strict text is valid UTF-8.
func (m Message) isValid() bool {
	return m.IsKnownValid() || utf8.ValidString(m.content)
}

// stringOf is b as a string, without a copy: b is not written any more.
func stringOf(b []byte) string {
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// bytesOf is s as bytes, without a copy: they are read-only.
func bytesOf(s string) []byte {
	if s == "" {
		return []byte{}
	}
	return unsafe.Slice(unsafe.StringData(s), len(s))
}
