package conformance

import (
	"fmt"

	"github.com/wsflow/wsflow/protocol"
)

const opcodeRFC = "5.2"

// opcodes: those that RFC 6455, 5.2, reserves, for data and for control frames.
func opcodes(Options) []Case {
	var cases []Case
	before, after := textFrame("before"), pingFrame("after")
	for group, from := range []protocol.Opcode{3, 11} {
		for i := range protocol.Opcode(5) {
			op := from + i
			empty, full := Frame{Opcode: op}, Frame{Opcode: op, Payload: []byte("reserved")}
			var title string
			var steps []step
			switch i {
			case 0:
				title, steps = "opcode %d, empty", []step{send(empty)}
			case 1:
				title, steps = "opcode %d, with a payload", []step{send(full)}
			case 2:
				title, steps = "opcode %d, empty, between a text and a ping, in one write", []step{send(before, empty, after), wantText("before")}
			case 3:
				title, steps = "opcode %d, with a payload, between a text and a ping, frame by frame", []step{sendApart(before, full, after), wantText("before")}
			default:
				title, steps = "opcode %d, with a payload, between a text and a ping, byte by byte", []step{sendIn(1, before, full, after), wantText("before")}
			}
			cases = append(cases, fails(fmt.Sprintf("4.%d.%d", group+1, i+1), fmt.Sprintf(title, op), opcodeRFC, violation, steps...))
		}
	}
	for i, op := range []protocol.Opcode{3, 4, 5, 6, 7, 11, 12, 13, 14, 15} {
		f := Frame{Opcode: op, Payload: []byte("reserved")}
		cases = append(
			cases,
			fails(fmt.Sprintf("4.3.%d", 3*i+1), fmt.Sprintf("opcode %d inside a fragmented text", op), opcodeRFC, violation, send(first("frag"), f, last("ment"))),
			fails(fmt.Sprintf("4.3.%d", 3*i+2), fmt.Sprintf("opcode %d, not final", op), opcodeRFC, violation, send(Frame{Opcode: op, More: true})),
			fails(fmt.Sprintf("4.3.%d", 3*i+3), fmt.Sprintf("opcode %d, the header only, for a payload of 100 bytes", op), opcodeRFC, violation,
				begin(Frame{Opcode: op, Payload: make([]byte, 100)}, 0)),
		)
	}
	return cases
}
