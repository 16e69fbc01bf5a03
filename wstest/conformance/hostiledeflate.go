package conformance

import (
	"bytes"
	"compress/flate"
	"fmt"
	"slices"
	"sync"

	"github.com/wsflow/wsflow/protocol"
)

// hostileDeflate are the rows of the list that are about compression.
func hostileDeflate(o Options) []Case {
	var cases []Case
	for _, c := range slices.Concat(rsv1(), bombs(o), corrupt(), nothing()) {
		cases = append(cases, usual.compressed(o, c))
	}
	return append(cases, tooFarBack(o)...)
}

// rsv1 belongs on the first frame of a message (RFC 7692, 6.1), and the other bits nowhere.
func rsv1() []Case {
	first := pressed(protocol.OpText, helloFixed, 4)[0]
	rest := Frame{Payload: helloFixed[4:]}
	marked := func(f Frame) Frame { f.RSV = protocol.RSV1; return f }
	other := func(bits uint8) Frame { f := pressedText(helloFixed); f.RSV = bits; return f }
	return []Case{
		fails("21.22.1", "RSV1 on the continuation of a compressed message", rfcFrames, violation, send(first, marked(rest))),
		fails("21.22.2", "RSV1 on the continuation of a message that is not compressed", rfcFrames, violation,
			send(Frame{Opcode: protocol.OpText, Payload: []byte("Hel"), More: true}, marked(last("lo")))),
		fails("21.22.3", "the header of a continuation with RSV1, without its payload", rfcFrames, violation, send(first), begin(marked(rest), 0)),
		fails("21.22.4", "RSV1 on an empty last fragment", rfcFrames, violation, send(Frame{Opcode: protocol.OpText, RSV: protocol.RSV1, Payload: helloFixed, More: true}, marked(last("")))),
		fails("21.22.5", "RSV1 on a ping", rfcFrames, violation, send(marked(pingFrame("x")))),
		fails("21.22.6", "RSV1 on a pong", rfcFrames, violation, send(marked(pongFrame("x")))),
		fails("21.22.7", "RSV1 on a close frame", rfcFrames, violation, send(marked(closeFrame(1000, "")))),
		fails("21.22.8", "RSV1 on a ping between compressed fragments", rfcFrames, violation, send(first, marked(pingFrame("x")), rest)),
		fails("21.22.9", "RSV2 on a message", rfcFrames, violation, send(other(2))),
		fails("21.22.10", "RSV3 on a message", rfcFrames, violation, send(other(1))),
		fails("21.22.11", "RSV1 and RSV2 on a message", rfcFrames, violation, send(other(6))),
		fails("21.22.12", "RSV1, RSV2 and RSV3 on a message", rfcFrames, violation, send(other(7))),
		fails("21.22.13", "RSV1 on a frame with a reserved opcode", rfcFrames, violation, send(marked(Frame{Opcode: 3}))),
	}
}

// unit is 1 MiB of zeros in about a thousand bytes, up to the end of a byte.
var unit = sync.OnceValue(func() []byte {
	var out bytes.Buffer
	w, _ := flate.NewWriter(&out, flate.BestCompression) // a level that exists
	_, _ = w.Write(make([]byte, 1<<20))                  // into memory
	_ = w.Flush()
	return out.Bytes()
})

// bombs are for endpoints of which the limit is known.
func bombs(o Options) []Case {
	if o.Limit == 0 {
		return nil
	}
	const rfc = "7692 8"
	limit := int(o.Limit)
	// zeros are n of them, flushed.
	zeros := func(n int) []byte {
		s := new(stream).fixed().literals("\x00")
		for n--; n >= longestMatch; n -= longestMatch {
			s.match(1)
		}
		return s.literals(string(make([]byte, n))).end().stored(nil).b
	}
	ended := func(b []byte) []byte { return append(slices.Clone(b), emptyMessage...) }
	units := max(2*limit, 60*min(limit, 1<<20))>>20 + 1
	bomb := sync.OnceValue(func() []byte { return ended(bytes.Repeat(unit(), units)) })
	bombTitle := fmt.Sprintf("a message that inflates to %d MiB", units)
	// squeeze sends it when it is known.
	squeeze := func(payload func() []byte, size int) step {
		return step{do: func(p *Play) { p.Send(pressed(protocol.OpBinary, payload(), size)...) }}
	}
	whole := func(n int) func() []byte { return func() []byte { return ended(zeros(n)) } }
	back := theSame(limit, func(p *Play) { p.ExpectMessage(protocol.OpBinary, make([]byte, limit)) })
	return []Case{
		works("21.34.1", "a compressed message that inflates to as many bytes as one may have", rfc, squeeze(whole(limit), 0), back),
		works("21.34.2", "a compressed message that inflates to as many bytes as one may have, in fragments of 100", rfc, squeeze(whole(limit), 100), back),
		fails("21.34.3", "a compressed message that inflates to one byte more", rfc, tooBig, squeeze(whole(limit+1), 0)),
		fails("21.34.4", "a compressed message that inflates to one byte more, in fragments of 100", rfc, tooBig, squeeze(whole(limit+1), 100)),
		fails("21.34.5", "a fragment that inflates to one byte more, and no other", rfc, tooBig, step{do: func(p *Play) {
			p.Send(Frame{Opcode: protocol.OpBinary, RSV: protocol.RSV1, Payload: zeros(limit + 1), More: true})
		}}),
		fails("21.34.6", "two fragments that inflate to one byte more together, and no other", rfc, tooBig, step{do: func(p *Play) {
			p.Send(Frame{Opcode: protocol.OpBinary, RSV: protocol.RSV1, Payload: zeros(limit), More: true}, Frame{Payload: zeros(1), More: true})
		}}),
		fails("21.34.7", bombTitle, rfc, tooBig, squeeze(bomb, 0)),
		fails("21.34.8", bombTitle+", in fragments of 4096", rfc, tooBig, squeeze(bomb, 4096)),
		fails("21.34.9", bombTitle+", in fragments of 1024, of which the last never comes", rfc, tooBig, step{do: func(p *Play) {
			all := pressed(protocol.OpBinary, bomb(), 1024)
			p.Send(all[:len(all)-1]...)
		}}),
		works("21.34.10", "two compressed messages that exceed the limit together, but not each", rfc, step{"both of them", func(p *Play) {
			for range 2 {
				p.Send(pressed(protocol.OpBinary, ended(zeros(limit/2+1)), 0)...)
				p.ExpectMessage(protocol.OpBinary, make([]byte, limit/2+1))
			}
		}}),
	}
}

// corrupt is what is not DEFLATE.
func corrupt() []Case {
	s := func() *stream { return new(stream) }
	lengths := s().stored([]byte("Hello")).message()
	lengths[3] ^= 1
	broken := newDeflation(window{bits: maxBits}).message(records(2000, 0))
	broken = broken[:len(broken)/2]
	// A block with codes of its own begins with the numbers of codes, and the lengths of the codes for the lengths.
	noCodes := s().header(false, dynamicBlock).put(0, 5).put(0, 5).put(0, 4).put(0, 12)
	tooManyCodes := s().header(false, dynamicBlock).put(0, 5).put(0, 5).put(0, 4).put(1, 3).put(1, 3).put(1, 3).put(1, 3)
	repeatNothing := s().header(false, dynamicBlock).put(0, 5).put(0, 5).put(0, 4).put(1, 3).put(0, 6).put(1, 3).put(1, 1).put(0, 2)
	var cases []Case
	for i, c := range []struct {
		title   string
		payload []byte
	}{
		{"a kind of block that does not exist", s().header(false, noBlock).put(0, 13).b},
		{"a stored block whose two lengths disagree", lengths},
		{"a length that does not exist", s().fixed().literals("Hello").symbol(286).code(0, 5).end().message()},
		{"a distance that does not exist", s().fixed().literals("Hello").symbol(257).code(30, 5).end().message()},
		{"a match before anything", s().fixed().match(1).end().message()},
		{"a match that reaches back one byte too far", s().fixed().literals("Hello").match(6).end().message()},
		{"a match that reaches back 32768 bytes, of which there are five", s().fixed().literals("Hello").match(32768).end().message()},
		{"a block whose codes are none", noCodes.message()},
		{"a block with more codes than there can be", tooManyCodes.message()},
		{"a block whose first length repeats the one before", repeatNothing.put(0, 16).message()},
		{"a block without its end", s().fixed().literals("Hello").b},
		{"a message that is cut in half", broken},
		{"a stored block without its last bytes", s().stored([]byte("Hello, world")).b[:12]},
		{"text that was never compressed", []byte("Hello")},
		{"random bytes", noise(100, 7)},
		{"a right block, and then bytes that are none", append(s().fixed().literals("Hello").end().stored(nil).b, 0xFF, 0xFF, 0xFF)},
	} {
		for j, size := range []int{0, 1} {
			title := c.title
			if size > 0 {
				title += ", in fragments of one byte"
			}
			cases = append(cases, fails(fmt.Sprintf("21.35.%d", 2*i+j+1), title, deflateRFC, notText, send(pressed(protocol.OpBinary, c.payload, size)...)))
		}
	}
	n := len(cases)
	return append(cases,
		fails(fmt.Sprintf("21.35.%d", n+1), "corrupt data behind a right message", deflateRFC, notText,
			send(pressedText(helloFixed), pressedText([]byte{0xFF, 0xFF})), wantText("Hello")),
		fails(fmt.Sprintf("21.35.%d", n+2), "a text that is cut, so that what is left is text", deflateRFC, notText, send(pressedText(s().fixed().literals("Hello").b))),
	)
}

// tooFarBack: distances that a window does not allow for, though there is enough to refer to.
func tooFarBack(o Options) []Case {
	var cases []Case
	add := func(b bargain, n int, title string, steps ...step) {
		cases = append(cases, b.compressed(o, fails(fmt.Sprintf("21.35.%d", 100+n), title, "7692 7.1.2", notText, steps...)))
	}
	for i, bits := range []int{8, 9, 12} {
		b := bargain{
			offers: []string{terms{clientBits: bits, clientBitsKnown: true}.String()}, answer: terms{serverBits: bits},
			lacks: func(p *Play) string {
				if p.server && p.agreed.terms.clientBits == 0 {
					return "the server does not limit the client's window"
				}
				return ""
			},
		}
		add(b, 1+i, fmt.Sprintf("a match one byte beyond the suite's window of %d bits, or less", bits), with(func(p *Play) {
			size := p.agreed.own.size()
			p.Send(pressed(protocol.OpBinary, new(stream).stored(letters(size+1, 0)).fixed().match(uint(size+1)).end().message(), 0)...)
		}))
	}
	b := bargain{
		offers: []string{terms{clientNoTakeover: true}.String()}, answer: terms{serverNoTakeover: true},
		lacks: func(p *Play) string {
			if p.server && !p.agreed.terms.clientNoTakeover {
				return "the server does not say that the client's window is new with each message"
			}
			return ""
		},
	}
	add(b, 4, "a match into the message before, though the suite's window is new with each message", step{`text "Hello"`, func(p *Play) {
		p.Send(pressedText(helloFixed), pressedText(helloAgain))
		p.ExpectMessage(protocol.OpText, []byte("Hello"))
	}})
	return cases
}

// nothing: compressed messages that are empty.
func nothing() []Case {
	rsv := Frame{Opcode: protocol.OpText, RSV: protocol.RSV1, More: true}
	fixed := unhex("02 00")
	both := func(p *Play) {
		p.Send(Frame{Opcode: protocol.OpText, RSV: protocol.RSV1})
		e, ok := p.await("an empty text, or Close 1007", p.timeout)
		switch {
		case !ok:
		case isClose(e, notText):
			p.Send(closeFrame(protocol.CloseInvalidPayload, ""))
			p.ExpectEnd()
		case same(e, event{op: protocol.OpText}):
			p.Close()
		default:
			p.Fail("expected an empty text, or Close 1007, got %v", e)
		}
	}
	binary := pressed(protocol.OpBinary, emptyMessage, 0)
	const rfc = "7692 7.2.3.6"
	return []Case{
		works("21.36.1", "an empty text, 00", rfc, send(pressedText(emptyMessage)), wantText("")),
		works("21.36.2", "an empty binary message, 00", rfc, send(binary...), expect(binaryFrame(nil))),
		works("21.36.3", "an empty fixed block, 02 00", rfc, send(pressedText(fixed)), wantText("")),
		works("21.36.4", "an empty fixed block, 02 00, byte by byte", rfc, sendIn(1, pressedText(fixed)), wantText("")),
		works("21.36.5", "an empty text, in an empty fragment and one of 00", rfc, send(rsv, Frame{Payload: emptyMessage}), wantText("")),
		works("21.36.6", "an empty text, in a fragment of 00 and an empty one", rfc, send(Frame{Opcode: protocol.OpText, RSV: protocol.RSV1, Payload: emptyMessage, More: true}, last("")), wantText("")),
		works("21.36.7", "an empty text, in a thousand empty fragments and one of 00", rfc, with(func(p *Play) {
			frames := append([]Frame{rsv}, slices.Repeat([]Frame{next("")}, 1000)...)
			p.Send(append(frames, Frame{Payload: emptyMessage})...)
		}), wantText("")),
		works("21.36.8", "ten empty messages, and a text", rfc, send(slices.Repeat([]Frame{pressedText(emptyMessage)}, 10)...), send(pressedText(helloFixed)),
			step{"each of them", func(p *Play) {
				for range 10 {
					p.ExpectMessage(protocol.OpText, nil)
				}
				p.ExpectMessage(protocol.OpText, []byte("Hello"))
			}}),
		works("21.36.9", "an empty message between two others; where the window is kept, the last refers to the first", rfc, with(func(p *Play) {
			second := helloFixed
			if p.agreed.own.takeover {
				second = helloAgain
			}
			p.Send(pressedText(helloFixed), pressedText(emptyMessage), pressedText(second))
		}), wantText("Hello"), wantText(""), wantText("Hello")),
		works("21.36.10", "26 empty blocks", rfc, send(pressedText(append(bytes.Repeat([]byte("\x00\x00\x00\xff\xff"), 26), 0))), wantText("")),
		script("21.36.11", "RSV1, and no payload at all, which no compressor makes", rfc, step{
			"an empty text and the closing handshake, or Close 1007 and the end of the connection", both,
		}),
	}
}
