package main

import (
	"bytes"
	"math/rand/v2"
	"time"
	"unicode/utf8"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
)

// A supply is what messages are cut from: random bytes, and text with characters of all lengths that compresses well.
type supply struct {
	bytes []byte
	text  []byte
}

const supplySize = 4 << 20

func newSupply(seed uint64) *supply {
	r := rand.New(rand.NewPCG(seed, 1))
	s := &supply{bytes: make([]byte, supplySize)}
	for i := range s.bytes {
		s.bytes[i] = byte(r.Uint32())
	}
	words := []string{"wave ", "river ", "\n", "öffnen ", "naïve ", "日本 ", "🌊", "0123456789 ", "x"}
	for len(s.text) < supplySize {
		s.text = append(s.text, words[r.IntN(len(words))]...)
	}
	return s
}

// A sent is a message whose reply has not come.
type sent struct {
	content []byte
	isText  bool
	at      time.Time
}

// message draws a message of up to largest bytes, whole or in fragments.
func (s *supply) message(r *rand.Rand, largest int) (message.Message, sent) {
	size := logUniform(r, largest)
	if r.IntN(2) == 0 {
		at := r.IntN(len(s.bytes) - size)
		content := s.bytes[at : at+size : at+size]
		if r.IntN(4) == 0 {
			return message.BinaryStream(flow.FromSeq(pieces(r.Uint64(), content))), sent{content: content}
		}
		return message.Binary(content), sent{content: content}
	}
	from := r.IntN(len(s.text) - size - utf8.UTFMax)
	for !utf8.RuneStart(s.text[from]) {
		from++
	}
	to := from + size
	for !utf8.RuneStart(s.text[to]) {
		to++
	}
	content := s.text[from:to:to]
	if r.IntN(4) == 0 {
		chunks := flow.Map(flow.FromSeq(pieces(r.Uint64(), content)), func(b []byte) string { return string(b) })
		return message.TextStream(chunks), sent{content: content, isText: true}
	}
	return message.Text(string(content)), sent{content: content, isText: true}
}

// pieces cuts content at random, also inside of characters.
func pieces(seed uint64, content []byte) func(func([]byte) bool) {
	return func(yield func([]byte) bool) {
		r := rand.New(rand.NewPCG(seed, 2))
		for rest := content; len(rest) > 0; {
			n := min(len(rest), 1+r.IntN(len(content)/2+16))
			if !yield(rest[:n:n]) {
				return
			}
			rest = rest[n:]
		}
	}
}

// is reports whether a reply is what was sent.
func (s sent) is(m message.Message) bool {
	return m.IsText() == s.isText && bytes.Equal(m.Bytes(), s.content)
}
