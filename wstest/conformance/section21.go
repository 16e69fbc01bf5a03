package conformance

import (
	"fmt"
	"math"
	"slices"

	"github.com/wsflow/wsflow/protocol"
)

// hostile: the second numbers are rows of the list of hostile inputs. What is in other sections already is not repeated.
func hostile(o Options) []Case {
	return slices.Concat(
		masks(), controlHeaders(), longLengths(), sizeLimits(o), manyFragments(), endings(), resets(), floods(o), maskKeys(), sessions(), deadlines(),
	)
}

// masks: RFC 6455, 5.1, lets an endpoint end the connection without a close frame: it "MAY" send one.
func masks() []Case {
	var cases []Case
	for i, f := range []Frame{
		textFrame("x"), textFrame(""), binaryFrame([]byte{0}), pingFrame("x"), pongFrame(""), closeFrame(1000, ""),
		{Opcode: protocol.OpClose},
		first("x"),
		textFrame(printable(126)), binaryFrame(octetsOf(65536)),
	} {
		f.WrongMask = true
		cases = append(cases, script(fmt.Sprintf("21.21.%d", i+1), "a frame of "+f.Opcode.String()+" that is wrongly masked, "+inBytes(f.Payload), "5.1",
			send(f), failureOrEnd(violation)))
	}
	f := last("y")
	f.WrongMask = true
	return append(cases, script("21.21.11", "a continuation that is wrongly masked", "5.1", send(first("x"), f), failureOrEnd(violation)),
		script("21.21.12", "a text that is wrongly masked, after one that is not", "5.1", send(textFrame("before"),
			Frame{Opcode: protocol.OpText, WrongMask: true}), wantText("before"), failureOrEnd(violation)))
}

// controlHeaders: what a header shows needs no payload to be seen.
func controlHeaders() []Case {
	var cases []Case
	for i, op := range []protocol.Opcode{protocol.OpPing, protocol.OpPong, protocol.OpClose} {
		payload := make([]byte, 10)
		cases = append(cases,
			fails(fmt.Sprintf("21.24.%d", 3*i+1), fmt.Sprintf("the header of a fragmented %v, without its payload", op), "5.5", violation,
				begin(Frame{Opcode: op, Payload: payload, More: true}, 0)),
			fails(fmt.Sprintf("21.24.%d", 3*i+2), fmt.Sprintf("the header of a %v of 126 bytes, without its payload", op), "5.5", violation,
				begin(Frame{Opcode: op, Payload: make([]byte, 126)}, 0)),
			fails(fmt.Sprintf("21.24.%d", 3*i+3), fmt.Sprintf("the header of a %v of 65536 bytes, without its payload", op), "5.5", violation,
				begin(Frame{Opcode: op, Payload: make([]byte, 65536)}, 0)))
	}
	return append(cases, fails("21.25.1", "the header of a continuation of nothing, without its payload", "5.4", violation, begin(next("of nothing"), 0)),
		fails("21.25.2", "the header of a text inside a fragmented one, without its payload", "5.4", violation, send(first("frag")), begin(textFrame("ment"), 0)))
}

// longLengths: lengths in more bytes than they need, and longer than anything.
func longLengths() []Case {
	wide := func(n, width int) Frame { return Frame{Opcode: protocol.OpBinary, Payload: octetsOf(n), Wide: width} }
	claim := func(f Frame, n uint64) Frame { f.Claim = n; return f }
	empty := Frame{Opcode: protocol.OpBinary}
	cases := []Case{
		fails("21.27.1", "a length of 0 in 2 bytes", "5.2", violation, send(wide(0, 2))),
		fails("21.27.2", "a length of 125 in 2 bytes", "5.2", violation, send(wide(125, 2))),
		fails("21.27.3", "a length of 0 in 8 bytes", "5.2", violation, send(wide(0, 8))),
		fails("21.27.4", "a length of 125 in 8 bytes", "5.2", violation, send(wide(125, 8))),
		fails("21.27.5", "a length of 126 in 8 bytes", "5.2", violation, send(wide(126, 8))),
		fails("21.27.6", "a length of 65535 in 8 bytes", "5.2", violation, send(wide(65535, 8))),
		fails("21.27.7", "a ping whose length of 5 is in 2 bytes", "5.2, 5.5", violation, send(Frame{Opcode: protocol.OpPing, Payload: []byte("Hello"), Wide: 2})),
		fails("21.28.1", "a header that announces 2⁶³−1 bytes", "10.4", tooBig, begin(claim(empty, math.MaxInt64), 0)),
		fails("21.28.2", "a text whose header announces 2⁶³−1 bytes, and some of them", "10.4", tooBig, begin(claim(textFrame("some"), math.MaxInt64), 4)),
		fails("21.28.3", "a header that announces 2⁴⁰ bytes", "10.4", tooBig, begin(claim(empty, 1<<40), 0)),
		fails("21.29.1", "a length whose top bit is set, and no other", "5.2", violation, begin(claim(empty, 1<<63), 0)),
		fails("21.29.2", "a length with all bits set", "5.2", violation, begin(claim(empty, math.MaxUint64), 0)),
		fails("21.30.1", "a fragment of one byte, then the header of a continuation of 2⁶³−1 bytes", "10.4", tooBig,
			send(first("x")), begin(claim(Frame{}, math.MaxInt64), 0)),
	}
	return cases
}

// sizeLimits are for endpoints of which the limit is known.
func sizeLimits(o Options) []Case {
	if o.Limit == 0 {
		return nil
	}
	limit := int(o.Limit)
	return []Case{
		works("21.31.1", "a message of as many bytes as one may have", "10.4", theSame(limit, func(p *Play) {
			p.Send(binaryFrame(octetsOf(limit)))
			p.ExpectMessage(protocol.OpBinary, octetsOf(limit))
		})),
		fails("21.31.2", "the header of a message of one byte more", "10.4", tooBig,
			begin(Frame{Opcode: protocol.OpBinary, Claim: uint64(limit) + 1}, 0)),
		works("21.31.3", "as many bytes as a message may have, in four fragments", "10.4", theSame(limit, inFragmentsOf(protocol.OpBinary, limit, limit/4+1))),
		fails("21.31.4", "as many, and then the header of a fragment of one byte", "10.4", tooBig, step{do: func(p *Play) {
			p.Send(fragments(protocol.OpBinary, append(octetsOf(limit), 0), limit)[0])
			p.Begin(Frame{Payload: []byte{0}}, nil)
		}}),
		works("21.31.5", "as many, then an empty fragment, which is the last", "10.4", theSame(limit, func(p *Play) {
			p.Send(Frame{Opcode: protocol.OpBinary, Payload: octetsOf(limit), More: true}, Frame{})
			p.ExpectMessage(protocol.OpBinary, octetsOf(limit))
		})),
	}
}

// manyFragments cost the sender little.
func manyFragments() []Case {
	many := func(f Frame) step {
		return step{do: func(p *Play) {
			frames := []Frame{first("")}
			for range 20_000 {
				frames = append(frames, f)
			}
			p.Send(frames...)
		}}
	}
	return []Case{
		fails("21.32.1", "20000 empty fragments, of which none is the last", "10.4", tooMany, many(next(""))),
		fails("21.33.1", "20000 fragments of one byte, of which none is the last", "10.4", tooMany, many(next("x"))),
	}
}

// endings without a close frame.
func endings() []Case {
	half := step{do: (*Play).CloseWrite}
	return []Case{
		script("21.45.1", "the end of the connection without a close frame", "7.1.5", echo(textFrame("Hello")), half, cut()),
		script("21.45.2", "the end of the connection inside a header", "7.1.5", step{do: func(p *Play) { p.Write([]byte{0x81}) }}, half, cut()),
		script("21.45.3", "the end of the connection inside a text", "7.1.5", begin(textFrame("Hello"), 3), half, cut()),
		script("21.45.4", "the end of the connection between two fragments", "7.1.5", send(first("Hel")), half, cut()),
		script("21.45.5", "the end of the connection inside a ping", "7.1.5", begin(pingFrame("Hello"), 3), half, cut()),
		script("21.45.6", "the end of the connection inside a large binary message", "7.1.5",
			begin(binaryFrame(octetsOf(65536)), 60000), half, cut()),
	}
}

// maskKeys are a client's to choose.
func maskKeys() []Case {
	key := func(b byte) *[4]byte { return &[4]byte{b, b, b, b} }
	with := func(f Frame, k *[4]byte) Frame { f.Key = k; return f }
	return []Case{
		works("21.51.1", "a mask key of zeros", "5.3", send(with(textFrame("Hello"), key(0))), wantText("Hello")).only(ForServers),
		works("21.51.2", "the same mask key again and again", "5.3", send(with(textFrame("a"), key(7)), with(textFrame("b"), key(7)),
			with(pingFrame("c"), key(7)), with(textFrame("d"), key(7))), wantText("a"), wantText("b"), pong("c"), wantText("d")).only(ForServers),
		works("21.51.3", "another mask key for each fragment, of zeros and of ones too", "5.3", send(with(first("ab"), key(0)),
			with(next("cde"), key(0xFF)), with(next("f"), &[4]byte{1, 2, 3, 4}), with(last("ghi"), &[4]byte{0x80, 0, 0, 0})), wantText("abcdefghi")).only(ForServers),
	}
}

// sessions show that it does not matter how the network cuts what is sent.
func sessions() []Case {
	all := []Frame{
		textFrame("Hello"), pingFrame("one"), first("frag"), pingFrame("two"), last("ment"), binaryFrame(octetsOf(300)), pongFrame("unasked"),
		textFrame(greeting), closeFrame(1000, "bye"), textFrame("late"),
	}
	var cases []Case
	for i, w := range []way{atOnce, apart, octets, {"in pieces of 7 bytes", func(f ...Frame) step { return sendIn(7, f...) }}} {
		cases = append(cases, script(fmt.Sprintf("21.52.%d", i+1), "a whole session, "+w.name, "5", w.send(all...),
			wantText("Hello"), pong("one"), pong("two"), wantText("fragment"), expect(binaryFrame(octetsOf(300))), wantText(greeting), closed(normal)))
	}
	return cases
}

// deadlines are the endpoint's own.
func deadlines() []Case {
	return []Case{
		script("21.33.2", "a fragment, and never another", "7.1.7", send(first("frag")), patiently(closed(tooSlow))).slow(),
		script("21.44.1", "no answer to the endpoint's close frame", "7.1.1", send(Frame{Opcode: 3}), step{violation.String(), func(p *Play) {
			p.ExpectClose(violation...)
		}}, patiently(cut())).slow(),
		script("21.49.1", "half a frame, and never the rest", "7.1.7", begin(textFrame("Hello"), 3), patiently(cut())).slow(),
		script("21.50.1", "silence, also to the endpoint's pings", "5.5.2", silently(patiently(cut()))).slow(),
	}
}
