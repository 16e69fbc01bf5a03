package conformance

import (
	"fmt"

	"github.com/wsflow/wsflow/protocol"
)

const fragmentRFC = "5.4"

// fragmentation: numbers 1 to 20 are three ways of writing each conversation.
func fragmentation(Options) []Case {
	ping := pingFrame("between")
	whole := textFrame("after")
	cases := []Case{
		fails("5.1", "a ping in two fragments", "5.5", violation, send(Frame{Opcode: protocol.OpPing, Payload: []byte("frag"), More: true}, last("ment"))),
		fails("5.2", "a pong in two fragments", "5.5", violation, send(Frame{Opcode: protocol.OpPong, Payload: []byte("frag"), More: true}, last("ment"))),
	}
	number := 2
	inThreeWays := func(add func(id string, w way) Case) {
		for _, w := range ways {
			number++
			cases = append(cases, add(fmt.Sprintf("5.%d", number), w))
		}
	}
	inThreeWays(func(id string, w way) Case {
		return works(id, "a text in two fragments, "+w.name, fragmentRFC, w.send(first("frag"), last("ment")), wantText("fragment"))
	})
	inThreeWays(func(id string, w way) Case {
		return works(id, "a text in two fragments with a ping between them, "+w.name, fragmentRFC,
			w.send(first("frag"), ping, last("ment")), pong("between"), wantText("fragment"))
	})
	inThreeWays(func(id string, w way) Case {
		return fails(id, "a final continuation of nothing, then a text, "+w.name, fragmentRFC, violation, w.send(last("of nothing"), whole))
	})
	inThreeWays(func(id string, w way) Case {
		return fails(id, "a continuation of nothing that is not final, then a text, "+w.name, fragmentRFC, violation, w.send(next("of nothing"), whole))
	})
	return append(append(cases, strayFragments()...), moreFragments()...)
}

func strayFragments() []Case {
	ping := pingFrame("between")
	var five, pings, fiveWithPings []Frame
	for i := range 5 {
		f := Frame{Payload: fmt.Appendf(nil, "fragment %d", i), More: i < 4}
		if i == 0 {
			f.Opcode = protocol.OpText
		}
		five = append(five, f)
		if fiveWithPings = append(fiveWithPings, f); f.More {
			pings = append(pings, pingFrame("after "+string(f.Payload)))
			fiveWithPings = append(fiveWithPings, pings[i])
		}
	}
	whole := wantText("fragment 0fragment 1fragment 2fragment 3fragment 4")
	var paused []step
	for _, f := range five {
		if paused = append(paused, send(f)); f.More {
			paused = append(paused, send(ping), pong("between"))
		}
	}
	return []Case{
		fails("5.15", "a text in two fragments, a continuation of nothing, then a text", fragmentRFC, violation,
			send(first("frag"), last("ment"), next("of nothing"), textFrame("after")), wantText("fragment")),
		fails("5.16", "twice: a continuation of nothing that is not final, then a final text", fragmentRFC, violation,
			send(next("frag"), textFrame("ment"), next("frag"), textFrame("ment"))),
		fails("5.17", "twice: a final continuation of nothing, then a text that is not final", fragmentRFC, violation,
			send(last("frag"), first("ment"), last("frag"), first("ment"))),
		fails("5.18", "a new text inside a fragmented one", fragmentRFC, violation, send(first("frag"), textFrame("ment"))),
		works("5.19", "a text in five fragments, with a ping after each but the last, which waits for the pong", fragmentRFC, append(paused, whole)...),
		works("5.20", "a text in five fragments with pings between them, frame by frame", fragmentRFC,
			sendApart(fiveWithPings...), pongs(pings), whole),
	}
}

func moreFragments() []Case {
	start := Frame{Opcode: protocol.OpBinary, Payload: []byte{1, 2}, More: true}
	end := Frame{Payload: []byte{3}}
	back := expect(binaryFrame([]byte{1, 2, 3}))
	return []Case{
		works("5.21", "a binary message in two fragments", fragmentRFC, send(start, end), back),
		works("5.22", "a binary message in two fragments with a pong between them", fragmentRFC, send(start, pongFrame("unasked"), end), back),
		works("5.23", "a text of which the first fragment is empty", fragmentRFC, send(first(""), last("text")), wantText("text")),
		works("5.24", "a text of which the last fragment is empty", fragmentRFC, send(first("text"), last("")), wantText("text")),
		works("5.25", "a text of which a fragment in the middle is empty", fragmentRFC, send(first("te"), next(""), last("xt")), wantText("text")),
		works("5.26", "a fragmented text between two whole ones, in one write", fragmentRFC,
			send(textFrame("a"), first("b"), last("c"), textFrame("d")), wantText("a"), wantText("bc"), wantText("d")),
		works("5.27", "a text in a thousand fragments of one byte", fragmentRFC, inFragments(protocol.OpText, 1000, 1)...),
		works("5.28", "a binary message whose first fragment has 65536 bytes, and the second 1", fragmentRFC,
			send(Frame{Opcode: protocol.OpBinary, Payload: octetsOf(65536), More: true}, Frame{Payload: octetsOf(65537)[65536:]}),
			expect(binaryFrame(octetsOf(65537)))),
		fails("5.29", "a new binary message inside a fragmented text", fragmentRFC, violation, send(first("frag"), binaryFrame([]byte("ment")))),
		fails("5.30", "a new fragmented text inside a fragmented one", fragmentRFC, violation, send(first("frag"), first("ment"), last("s"))),
		fails("5.31", "a second final fragment", fragmentRFC, violation, send(first("frag"), last("ment"), last("s")), wantText("fragment")),
		fails("5.32", "an empty continuation of nothing", fragmentRFC, violation, send(last(""))),
		fails("5.33", "a fragmented ping inside a fragmented text", "5.5", violation,
			send(first("frag"), Frame{Opcode: protocol.OpPing, More: true}, last("ment"))),
		fails("5.34", "a fragmented close frame", "5.5", violation, send(Frame{Opcode: protocol.OpClose, Payload: []byte{3}, More: true}, last("\xe8"))),
	}
}

// inFragments sends a message of n bytes in fragments of size bytes, in one write, and expects it back.
func inFragments(op protocol.Opcode, n, size int) []step {
	payload := payloadOf(op, n)
	return []step{
		{do: func(p *Play) { p.Send(fragments(op, payload, size)...) }},
		expect(Frame{Opcode: op, Payload: payload}),
	}
}

// fragments cuts a message.
func fragments(op protocol.Opcode, payload []byte, size int) []Frame {
	var frames []Frame
	for at := 0; at == 0 || at < len(payload); at += size {
		end := min(at+size, len(payload))
		frames = append(frames, Frame{Opcode: op, Payload: payload[at:end], More: end < len(payload)})
		op = protocol.OpContinuation
	}
	return frames
}
