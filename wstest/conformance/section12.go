package conformance

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/wsflow/wsflow/protocol"
)

const (
	deflateRFC = "7692 7.2"
	rfcFrames  = "7692 6.1"
)

// compression: messages, with what browsers offer.
func compression(o Options) []Case {
	var cases []Case
	for _, c := range slices.Concat(squeezedSizes(o), vectors(), blocks(), mixtures(), squeezedUTF8(), reach(o)) {
		cases = append(cases, usual.compressed(o, c))
	}
	return cases
}

// squeezedSizes: classes of content, sizes, and fragments of what is compressed. Numbers up to 12.5.18 are like Autobahn's.
func squeezedSizes(o Options) []Case {
	longest := cmp.Or(o.Size, defaultSize) / 2
	type form struct{ size, fragment, piece int }
	forms := []form{
		{16, 0, 0},
		{64, 0, 0},
		{256, 0, 0},
		{1024, 0, 0},
		{4096, 0, 0},
		{8192, 0, 0},
		{16384, 0, 0},
		{32768, 0, 0},
		{65536, 0, 0},
		{131072, 0, 0},
		{8192, 256, 0},
		{16384, 256, 0},
		{32768, 256, 0},
		{65536, 256, 0},
		{131072, 256, 0},
		{131072, 1024, 0},
		{131072, 4096, 0},
		{131072, 32768, 0},
		{64, 1, 0},
		{1024, 1, 0},
		{256, 0, 1},
		{4096, 0, 100},
		{4096, 100, 7},
	}
	var cases []Case
	for i, class := range contents {
		for j, f := range forms {
			// What a class is made of, and how it is cut, is not tried in all combinations of what is long.
			if f.size > longest || i > 1 && f.fragment > 0 && f.size > 8192 && f.fragment != 1024 {
				continue
			}
			times := min(4, max(1, 65536/f.size))
			title := fmt.Sprintf("%d messages of %d bytes, %s", times, f.size, class.name)
			if f.fragment > 0 {
				title += fmt.Sprintf(", in compressed fragments of %d", f.fragment)
			}
			if f.piece > 0 {
				title += fmt.Sprintf(", in pieces of %d", f.piece)
			}
			cases = append(cases, works(fmt.Sprintf("12.%d.%d", i+1, j+1), title, deflateRFC, step{"each of them, compressed or not", func(p *Play) {
				for round := range times {
					if p.over() {
						return
					}
					plain := class.make(f.size, round)
					p.SendInPieces(f.piece, p.squeezed(class.op, plain, f.fragment)...)
					p.ExpectMessage(class.op, plain)
				}
			}}))
		}
	}
	return cases
}

// vectors are the examples of RFC 7692, 7.2.3, in one frame, in fragments and in pieces.
func vectors() []Case {
	var cases []Case
	for i, v := range []struct {
		title, section string
		payload        []byte
		text           string
	}{
		{"a fixed block", "7692 7.2.3.1", helloFixed, "Hello"},
		{"a stored block", "7692 7.2.3.3", helloStored, "Hello"},
		{"a block with BFINAL", "7692 7.2.3.4", helloFinal, "Hello"},
		{"two blocks", "7692 7.2.3.5", helloTwo, "Hello"},
		{"no content, one byte", "7692 7.2.3.6", emptyMessage, ""},
	} {
		f := pressedText(v.payload)
		for j, w := range []way{
			atOnce, octets,
			{"in fragments of one byte", func(...Frame) step { return send(pressed(protocol.OpText, v.payload, 1)...) }},
			{"in fragments of one byte, each by itself", func(...Frame) step { return sendApart(pressed(protocol.OpText, v.payload, 1)...) }},
			{"with an empty first fragment", func(...Frame) step {
				return send(Frame{Opcode: protocol.OpText, RSV: protocol.RSV1, More: true}, Frame{Payload: v.payload})
			}},
			{"with an empty last fragment", func(...Frame) step {
				return send(Frame{Opcode: protocol.OpText, RSV: protocol.RSV1, Payload: v.payload, More: true}, Frame{})
			}},
		} {
			cases = append(cases, works(fmt.Sprintf("12.6.%d", 6*i+j+1), fmt.Sprintf("the example with %s, %s", v.title, w.name), v.section, w.send(f), wantText(v.text)))
		}
	}
	again := func(p *Play) {
		second := helloFixed
		if p.agreed.own.takeover {
			second = helloAgain
		}
		p.Send(pressedText(helloFixed), pressedText(second), pressedText(second))
	}
	return append(cases, works("12.6.31", "three times Hello; where the window is kept, the latter two as RFC 7692 shows", "7692 7.2.3.2",
		with(again), wantText("Hello"), wantText("Hello"), wantText("Hello")),
		works("12.6.32", "Hello in a block with BFINAL, and then again; where the window is kept, by referring to it", "7692 7.2.3.4", with(func(p *Play) {
			second := helloFixed
			if p.agreed.own.takeover {
				second = helloAgain
			}
			p.Send(pressedText(helloFinal), pressedText(second))
		}), wantText("Hello"), wantText("Hello")))
}

// blocks are what DEFLATE allows for inside a message.
func blocks() []Case {
	s := func() *stream { return new(stream) }
	flush := "\x00\x00\x00\xff\xff"
	many, letter := s(), "abcdefghijklmnopqrstuvwxyz"
	for i := range letter {
		many.fixed().literals(letter[i : i+1]).end()
	}
	storedMany := s()
	for i := range letter {
		storedMany.stored([]byte(letter[i : i+1]))
	}
	three := s().fixed().literals("Hel").end().stored([]byte("lo ")).fixed().literals("world").end().message()
	flushed := append([]byte(flush+flush), helloTwo...)
	twice := append(slices.Clone(helloFinal[:7]), helloFinal...)
	var cases []Case
	for i, b := range []struct {
		title   string
		payload []byte
		text    string
	}{
		{"26 fixed blocks of one character", many.message(), letter},
		{"26 stored blocks of one character", storedMany.message(), letter},
		{"a fixed, a stored and a fixed block", three, "Hello world"},
		{"flush markers at the beginning and inside", flushed, "Hello"},
		{"two blocks with BFINAL, one after the other", twice, "HelloHello"},
		{"empty fixed blocks around a text", s().fixed().end().fixed().literals("Hello").end().fixed().end().message(), "Hello"},
		{"empty stored blocks around a text", s().stored(nil).stored([]byte("Hello")).stored(nil).message(), "Hello"},
		{"a match that overlaps itself", s().fixed().literals("x").match(1).end().message(), string(slices.Repeat([]byte("x"), 1+longestMatch))},
		{"an end that is not left out, and a block more", append(slices.Clone(helloFixed), 0, 0, 0xFF, 0xFF, 0), "Hello"},
	} {
		for j, size := range []int{0, 1, 3} {
			title := b.title
			if size > 0 {
				title += fmt.Sprintf(", in fragments of %d", size)
			}
			cases = append(cases, works(fmt.Sprintf("12.7.%d", 3*i+j+1), title, deflateRFC, send(pressed(protocol.OpText, b.payload, size)...), wantText(b.text)))
		}
	}
	return append(cases, works("12.7.28", "blocks with codes of their own, in fragments of 1", deflateRFC, theSame(2000, func(p *Play) {
		plain := records(2000, 0)
		p.Send(pressed(protocol.OpText, dynamic(plain), 1)...)
		p.ExpectMessage(protocol.OpText, plain)
	})))
}

// mixtures: compressed messages, others, and control frames.
func mixtures() []Case {
	ping := pingFrame("between")
	hello := pressedText(helloFixed)
	cut := pressed(protocol.OpText, helloFixed, 3)
	raw := fragments(protocol.OpText, []byte("Hello"), 3)
	binary := hello
	binary.Opcode = protocol.OpBinary
	again := with(func(p *Play) {
		second := helloFixed
		if p.agreed.own.takeover {
			second = helloAgain
		}
		p.Send(pressedText(helloFixed), textFrame("plain"), ping, pressedText(second))
	})
	return []Case{
		works("12.8.1", "a message that is not compressed", rfcFrames, echo(textFrame("Hello"))),
		works("12.8.2", "one that is not compressed, one that is, and one that is not, in one write", rfcFrames,
			send(textFrame("before"), hello, textFrame("after")), wantText("before"), wantText("Hello"), wantText("after")),
		works("12.8.3", "one that is compressed, one that is not, and one that may refer to the first", rfcFrames, again,
			wantText("Hello"), wantText("plain"), pong("between"), wantText("Hello")),
		works("12.8.4", "a fragmented message that is not compressed", rfcFrames, send(raw...), wantText("Hello")),
		works("12.8.5", "pings between compressed fragments, in one write", rfcFrames, send(cut[0], ping, cut[1], ping, cut[2]),
			pongs([]Frame{ping, ping}), wantText("Hello")),
		works("12.8.6", "pings between compressed fragments, frame by frame", rfcFrames, sendApart(cut[0], ping, cut[1], ping, cut[2]),
			pongs([]Frame{ping, ping}), wantText("Hello")),
		works("12.8.7", "a pong that nobody asked for between compressed fragments", rfcFrames, send(cut[0], pongFrame("unasked"), cut[1], cut[2]), wantText("Hello")),
		works("12.8.8", "an empty fragment between compressed ones", rfcFrames, send(cut[0], next(""), cut[1], next(""), cut[2]), wantText("Hello")),
		works("12.8.9", "a compressed binary message", rfcFrames, send(binary), expect(binaryFrame([]byte("Hello")))),
		script("12.8.10", "a close frame between compressed fragments", rfcFrames, send(cut[0], closeFrame(1000, ""), cut[1], cut[2]), closed(normal)),
		script("12.8.11", "a compressed message and a close frame in one write", rfcFrames, send(hello, closeFrame(1000, "")), wantText("Hello"), closed(normal)),
		works("12.8.12", "what would be a compressed Hello, but without RSV1", rfcFrames, echo(binaryFrame(helloFixed))),
		works("12.8.13", "fifty small messages in one write, every other one compressed", rfcFrames, step{"each of them", func(p *Play) {
			var frames []Frame
			for i := range 25 {
				frames = append(frames, p.squeezed(protocol.OpText, records(100, i), 0)...)
				frames = append(frames, textFrame(string(records(50, i))))
			}
			p.Send(frames...)
			for i := range 25 {
				p.ExpectMessage(protocol.OpText, records(100, i))
				p.ExpectMessage(protocol.OpText, records(50, i))
			}
		}}),
		fails("12.8.14", "a new compressed message inside a fragmented one", rfcFrames, violation, send(cut[0], hello)),
		fails("12.8.15", "a new message that is not compressed inside a compressed one", rfcFrames, violation, send(cut[0], textFrame("new"))),
	}
}

// squeezedUTF8: text is judged when it is inflated.
func squeezedUTF8() []Case {
	fixed := func(text string) []byte { return new(stream).fixed().literals(text).end().message() }
	stored := func(text string) []byte { return new(stream).stored([]byte(text)).message() }
	two := func(one, other string) []byte {
		return new(stream).fixed().literals(one).end().stored([]byte(other)).message()
	}
	rfc := "7692 7.2.2"
	good := []Case{
		works("12.9.1", "characters of all lengths", rfc, send(pressedText(fixed(greeting))), wantText(greeting)),
		works("12.9.2", "characters of all lengths, compressed, in fragments of one byte", rfc, send(pressed(protocol.OpText, fixed(greeting), 1)...), wantText(greeting)),
		works("12.9.3", "characters of all lengths in a stored block, in fragments of one byte", rfc, send(pressed(protocol.OpText, stored(greeting), 1)...), wantText(greeting)),
		works("12.9.4", "a character that two blocks share", rfc, send(pressedText(two("\xf0\x9f", "\x8c\x8d"))), wantText("🌍")),
		works("12.9.5", "a character that two blocks share, byte by byte", rfc, sendIn(1, pressedText(two("\xf0\x9f", "\x8c\x8d"))), wantText("🌍")),
		works("12.9.6", "compressed data of a text is itself not UTF-8", rfc, send(pressedText(fixed("\u00ff\u0100"))), wantText("\u00ff\u0100")),
		works("12.9.7", "bytes that are not UTF-8 in a compressed binary message", rfc, send(pressed(protocol.OpBinary, fixed("\xff\xfe"), 0)...),
			expect(binaryFrame([]byte("\xff\xfe")))),
	}
	for i, s := range []string{"\xff", "\xed\xa0\x80", "\xc0\xaf", "\xf4\x90\x80\x80", "\xe2\x82", greeting + "\xf0\x9f\x8c", greeting + "\x80 and on"} {
		good = append(good,
			fails(fmt.Sprintf("12.9.%d", 8+3*i), fmt.Sprintf("%q, compressed", s), rfc, notText, send(pressedText(fixed(s)))),
			fails(fmt.Sprintf("12.9.%d", 9+3*i), fmt.Sprintf("%q, compressed, in fragments of one byte", s), rfc, notText, send(pressed(protocol.OpText, fixed(s), 1)...)),
			fails(fmt.Sprintf("12.9.%d", 10+3*i), fmt.Sprintf("%q, in a stored block", s), rfc, notText, send(pressedText(stored(s)))))
	}
	return good
}

// reach: distances as far as the window goes.
func reach(o Options) []Case {
	rfc := "7692 7.1.2"
	size := min(1<<maxBits, cmp.Or(o.Size, defaultSize)/2)
	return []Case{
		works("12.10.1", "a match as far back as the window goes, in a message", rfc, theSame(size+longestMatch, func(p *Play) {
			size := min(size, p.agreed.own.size())
			plain := letters(size, 0)
			p.Send(pressedText(new(stream).stored(plain).fixed().match(uint(size)).end().message()))
			p.ExpectMessage(protocol.OpText, append(plain, matched(plain)...))
		})),
		works("12.10.2", "where the window is kept, a match as far back as it goes, into the message before", rfc, theSame(size, func(p *Play) {
			size := min(size, p.agreed.own.size())
			farBack(p, size)
		})),
	}
}

// matched is what the longest match becomes that begins where plain does.
func matched(plain []byte) []byte {
	b := make([]byte, longestMatch)
	for i := range b {
		b[i] = plain[i%len(plain)]
	}
	return b
}

// farBack sends a message of so many bytes, and another that refers to its first bytes, if the window is kept.
func farBack(p *Play, size int) {
	plain := letters(size, 1)
	p.Send(pressedText(new(stream).stored(plain).message()))
	p.ExpectMessage(protocol.OpText, plain)
	if p.over() {
		return
	}
	again := new(stream).fixed().literals("ab").match(1)
	want := "ab" + string(slices.Repeat([]byte("b"), longestMatch))
	if p.agreed.own.takeover {
		again = new(stream).fixed().match(uint(size))
		want = string(matched(plain))
	}
	p.Send(pressedText(again.end().message()))
	p.ExpectMessage(protocol.OpText, []byte(want))
}
