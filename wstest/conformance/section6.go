package conformance

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/wsflow/wsflow/protocol"
)

const (
	utf8RFC  = "5.6, 8.1"
	greeting = "Grüße, κόσμε, 世界, 🌍"
	// lead is a valid beginning, longer than the words and vectors of a fast validator.
	lead = "a beginning of thirty-nine ASCII letters, µ and 🌍: "
)

func decimal(n int) string    { return strconv.Itoa(n) }
func inBytes(b []byte) string { return decimal(len(b)) + " bytes" }

// text: what is UTF-8 comes back, what is not fails as soon as that can be known.
func text(Options) []Case {
	cases := []Case{
		works("6.1.1", "an empty text", utf8RFC, echo(textFrame(""))),
		works("6.1.2", "a text of three empty fragments", utf8RFC, send(first(""), next(""), last("")), wantText("")),
		works("6.1.3", "a text of three fragments, of which the outer ones are empty", utf8RFC, send(first(""), next("in"), last("")), wantText("in")),
		works("6.2.1", "a text in several scripts", utf8RFC, echo(textFrame(greeting))),
		works("6.2.2", "the same in two fragments, cut between characters", utf8RFC, send(first(greeting[:9]), last(greeting[9:])), wantText(greeting)),
		works("6.2.3", "the same in fragments of one byte", utf8RFC, send(bytewise(greeting)...), wantText(greeting)),
		works("6.2.4", "the same in one frame, byte by byte", utf8RFC, sendIn(1, textFrame(greeting)), wantText(greeting)),
		fails("6.3.1", "a surrogate half inside a text", utf8RFC, notText, send(textFrame(greeting+"\xed\xa0\x80"+"and on"))),
		fails("6.3.2", "the same in fragments of one byte", utf8RFC, notText, send(bytewise(greeting+"\xed\xa0\x80"+"and on")...)),
	}
	cases = append(cases, failFast()...)
	cases = append(cases, prefixes()...)
	for _, s := range sequences() {
		if s.valid() {
			cases = append(cases, works(s.id, s.title, utf8RFC, echo(textFrame(s.bytes))))
		} else {
			cases = append(cases, fails(s.id, s.title, utf8RFC, notText, send(textFrame(s.bytes))))
		}
	}
	cases = append(cases, inPieces()...)
	return append(cases, byPosition()...)
}

// failFast: the rest of the message never comes, and the endpoint has to fail without it.
func failFast() []Case {
	const good, bad = greeting, "\xf4\x90" // beyond U+10FFFF, known at its second byte
	whole := textFrame(good + bad + "\x80\x80" + "and on")
	later := func(upTo, then int) []step {
		return []step{begin(whole, upTo), {do: func(p *Play) {
			b := whole.appendTo(nil, p.server, p.lastKey())
			from := len(b) - len(whole.Payload)
			p.Write(b[from+upTo : from+then])
		}}}
	}
	n := len(good)
	return []Case{
		fails("6.4.1", "a fragment that is not text, after one that is; no last one follows", utf8RFC, notText,
			sendApart(first(good), next(bad+"\x80\x80"))),
		fails("6.4.2", "a fragment that ends inside a character, and one that makes it none; no last one follows", utf8RFC, notText,
			sendApart(first(good+bad[:1]), next(bad[1:]))),
		fails("6.4.3", "a frame of which no more comes than what shows that it is not text", utf8RFC, notText, later(n, n+4)...),
		fails("6.4.4", "the same, cut inside the character", utf8RFC, notText, later(n+1, n+2)...),
		fails("6.4.5", "the first byte of a frame is not text; no more of it comes", utf8RFC, notText, begin(textFrame("\xff rest"), 1)),
		fails("6.4.6", "the first byte of the second fragment is not text; no more of it comes", utf8RFC, notText,
			send(first(good)), begin(last("\xff rest"), 1)),
	}
}

// lastKey is the mask key of the frame that was sent last.
func (p *Play) lastKey() [4]byte {
	p.keys -= keyStep
	return p.key()
}

// prefixes of a word: some end inside a character.
func prefixes() []Case {
	const word = "κόσμε"
	var cases []Case
	for n := 1; n <= len(word); n++ {
		s := sequence{fmt.Sprintf("6.6.%d", n), fmt.Sprintf("the first %d bytes of %q", n, word), word[:n]}
		if s.valid() {
			cases = append(cases, works(s.id, s.title, utf8RFC, echo(textFrame(s.bytes))))
		} else {
			cases = append(cases, fails(s.id, s.title, utf8RFC, notText, send(textFrame(s.bytes))))
		}
	}
	five := []string{"κόσμε", "ß", "€", "𝄞", "a\u0301"}
	for i, s := range five {
		cases = append(cases, works("6.5."+decimal(i+1), "text: "+s, utf8RFC, echo(textFrame(s))))
	}
	return cases
}

// inPieces plays all sequences again, cut everywhere. What is not text has to fail at the byte that shows it.
func inPieces() []Case {
	var unfinished, fragmented, valid, chopped []Case
	id := func(number int, list []Case) string { return fmt.Sprintf("6.%d.%d", number, len(list)+1) }
	for _, s := range sequences() {
		whole := lead + s.bytes
		switch n := len(lead) + s.known(); {
		case s.valid():
			valid = append(valid, works(id(26, valid), s.title+"; in fragments of one byte", utf8RFC, send(bytewise(whole)...), wantText(whole)))
			chopped = append(chopped, works(id(27, chopped), s.title+"; in one frame, byte by byte", utf8RFC, sendIn(1, textFrame(whole)), wantText(whole)))
		case s.known() == 0:
		default:
			frame := textFrame(whole + "and on")
			unfinished = append(unfinished, fails(id(24, unfinished), s.title+"; in a frame of which no more comes than shows it",
				utf8RFC, notText, begin(frame, n)))
			open := bytewise(whole[:n] + ".")[:n] // the last one, which would end the message, does not come
			fragmented = append(fragmented, fails(id(25, fragmented), s.title+"; in fragments of one byte, of which no more come than show it",
				utf8RFC, notText, send(open...)))
		}
	}
	return append(append(append(unfinished, fragmented...), valid...), chopped...)
}

// byPosition puts one wrong byte at many places of a long text.
func byPosition() []Case {
	const size = 65536
	var cases []Case
	for i, at := range []int{0, 1, 3, 7, 8, 15, 16, 31, 32, 63, 64, 127, 4095, 4096, size - 2, size - 1} {
		b := []byte(strings.Repeat("z", size))
		b[at] = 0xBF
		cases = append(cases, fails("6.28."+decimal(i+1), fmt.Sprintf("byte %d of %d is not text", at, size), utf8RFC, notText, send(textFrame(string(b)))))
	}
	return cases
}

// bytewise cuts a text into fragments of one byte.
func bytewise(s string) []Frame { return fragments(protocol.OpText, []byte(s), 1) }
