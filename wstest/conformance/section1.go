package conformance

import (
	"fmt"

	"github.com/wsflow/wsflow/protocol"
)

// framing: lengths at the boundaries of their three encodings.
func framing(Options) []Case {
	const rfc = "5.2"
	var cases []Case
	for i, op := range []protocol.Opcode{protocol.OpText, protocol.OpBinary} {
		n := 0
		id := func() string { n++; return fmt.Sprintf("1.%d.%d", i+1, n) }
		for _, size := range []int{0, 125, 126, 127, 128, 65535, 65536} {
			f := Frame{Opcode: op, Payload: payloadOf(op, size)}
			cases = append(cases, works(id(), fmt.Sprintf("a %v message of %d bytes", op, size), rfc, echo(f)))
		}
		f := Frame{Opcode: op, Payload: payloadOf(op, 65536)}
		cases = append(cases, works(id(), fmt.Sprintf("a %v message of 65536 bytes in pieces of 997", op), rfc, sendIn(997, f), expect(f)))
		for _, size := range []int{0, 1, 125, 126, 127, 1000} {
			f := Frame{Opcode: op, Payload: payloadOf(op, size)}
			cases = append(cases, works(id(), fmt.Sprintf("a %v message of %d bytes, byte by byte", op, size), rfc, sendIn(1, f), expect(f)))
		}
		cases = append(cases, works(id(), fmt.Sprintf("%v messages of 0 to 140 bytes in one write", op), rfc, inARow(op, 140)...))
	}
	return cases
}

// inARow sends messages of all lengths up to n at once.
func inARow(op protocol.Opcode, n int) []step {
	var frames []Frame
	for size := range n + 1 {
		frames = append(frames, Frame{Opcode: op, Payload: payloadOf(op, size)})
	}
	return []step{send(frames...), {"each of them", func(p *Play) {
		for _, f := range frames {
			p.ExpectMessage(op, f.Payload)
		}
	}}}
}
