package conformance

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/wsflow/wsflow/protocol"
)

// What follows are the steps of cases with compression. A message is squeezed if the suite has compressed it; otherwise its payload is
// written by hand.

// squeezed returns the fragments, of at most size bytes each, of a message that is compressed as was agreed. 0 is one fragment.
func (p *Play) squeezed(op protocol.Opcode, plain []byte, size int) []Frame {
	return pressed(op, p.deflation.message(plain), size)
}

// pressed returns the fragments of a message whose payload is compressed already. The first has RSV1 (RFC 7692, 6).
func pressed(op protocol.Opcode, payload []byte, size int) []Frame {
	if size == 0 {
		size = max(1, len(payload))
	}
	frames := fragments(op, payload, size)
	frames[0].RSV = protocol.RSV1
	return frames
}

// pressedText is a text of one frame.
func pressedText(payload []byte) Frame { return pressed(protocol.OpText, payload, 0)[0] }

// with makes a step of what needs the agreement.
func with(do func(p *Play)) step {
	return step{do: func(p *Play) {
		if !p.over() {
			do(p)
		}
	}}
}

// unhex decodes bytes as RFC 7692 prints them.
func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic("conformance: " + err.Error())
	}
	return b
}

// RFC 7692, 7.2.3: messages that say Hello.
var (
	helloFixed   = unhex("f2 48 cd c9 c9 07 00")
	helloAgain   = unhex("f2 00 11 00 00") // where the window is kept and the one before was the same
	helloStored  = unhex("00 05 00 fa ff 48 65 6c 6c 6f 00")
	helloFinal   = unhex("f3 48 cd c9 c9 07 00 00")
	helloTwo     = unhex("f2 48 05 00 00 00 ff ff ca c9 c9 07 00")
	emptyMessage = unhex("00")
)

// A content is a class of messages: how one of n bytes looks, in a round of several.
type content struct {
	name string
	op   protocol.Opcode
	make func(n, round int) []byte
}

var contents = []content{
	{"records in JSON", protocol.OpText, records},
	{"a single byte, again and again", protocol.OpBinary, func(n, round int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(round)
		}
		return b
	}},
	{"text in several scripts", protocol.OpText, scripts},
	{"random bytes", protocol.OpBinary, noise},
	{"random bytes, and then the same", protocol.OpBinary, func(n, round int) []byte {
		half := noise(n/2, round)
		return append(half, noise(n-n/2, round)...)
	}},
}

// records are like those that services send: names repeat, values do not.
func records(n, round int) []byte {
	var b []byte
	for i := round * 1000; len(b) < n; i++ {
		b = fmt.Appendf(b, `{"id":%d,"name":"user %d","active":%t,"score":%d.%d,"tags":["a","b"]},`, i, i*7919%1000, i%3 == 0, i*31%97, i%10)
	}
	return b[:n]
}

// scripts are characters of one to four bytes.
func scripts(n, round int) []byte {
	var b []byte
	for i := round; len(b)+len(greeting)+8 <= n; i++ {
		b = fmt.Appendf(b, "%s %d.", greeting, i*7919%1000)
	}
	for len(b) < n {
		b = append(b, '.')
	}
	return b
}

// noise is what no compressor makes shorter: Marsaglia's xorshift.
func noise(n, round int) []byte {
	b := make([]byte, n)
	x := uint32(2463534242) + uint32(round)*keyStep
	for i := range b {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		b[i] = byte(x >> 8)
	}
	return b
}

// letters is noise that is text.
func letters(n, round int) []byte {
	b := noise(n, round)
	for i := range b {
		b[i] = 'a' + b[i]%26
	}
	return b
}
