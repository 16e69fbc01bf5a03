package conformance

import (
	"fmt"

	"github.com/wsflow/wsflow/protocol"
)

const rsvRFC = "5.2"

// reservedBits: no extension is agreed on, so that they have to be 0 everywhere.
func reservedBits(Options) []Case {
	before := textFrame("before")
	rsv := func(bits uint8, f Frame) Frame { f.RSV = bits; return f }
	cases := []Case{
		fails("3.1", "RSV3 on a text", rsvRFC, violation, send(rsv(1, textFrame("x")))),
		fails("3.2", "RSV2 on a text between a text and a ping, in one write", rsvRFC, violation,
			send(before, rsv(2, textFrame("x")), pingFrame("after")), wantText("before")),
		fails("3.3", "RSV2 and RSV3 on a text between a text and a ping, frame by frame", rsvRFC, violation,
			sendApart(before, rsv(3, textFrame("x")), pingFrame("after")), wantText("before")),
		fails("3.4", "RSV1 on a text between a text and a ping, byte by byte", rsvRFC, violation,
			sendIn(1, before, rsv(4, textFrame("x")), pingFrame("after")), wantText("before")),
		fails("3.5", "RSV1 and RSV3 on a binary message", rsvRFC, violation, send(rsv(5, binaryFrame([]byte{0, 255})))),
		fails("3.6", "RSV1 and RSV2 on a ping", rsvRFC, violation, send(rsv(6, pingFrame("x")))),
		fails("3.7", "all three on a close frame", rsvRFC, violation, send(rsv(7, closeFrame(1000, "")))),
	}
	for i, op := range []protocol.Opcode{protocol.OpText, protocol.OpBinary, protocol.OpPing, protocol.OpPong, protocol.OpClose} {
		for bits := uint8(1); bits <= 7; bits++ {
			f := Frame{Opcode: op, RSV: bits}
			cases = append(cases, fails(fmt.Sprintf("3.8.%d", 7*i+int(bits)), fmt.Sprintf("RSV %03b on an empty %v", bits, op), rsvRFC, violation, send(f)))
		}
	}
	for bits := uint8(1); bits <= 7; bits++ {
		cases = append(cases, fails(fmt.Sprintf("3.9.%d", bits), fmt.Sprintf("RSV %03b on a continuation", bits), rsvRFC, violation,
			send(first("a"), rsv(bits, last("b")))))
	}
	return cases
}
