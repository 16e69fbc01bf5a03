package protocol

import "strconv"

// An Opcode says what a frame carries (RFC 6455, 5.2). Four bits travel.
type Opcode uint8

// The opcodes of RFC 6455, 11.8. All others are reserved.
const (
	OpContinuation Opcode = 0x0
	OpText         Opcode = 0x1
	OpBinary       Opcode = 0x2
	OpClose        Opcode = 0x8
	OpPing         Opcode = 0x9
	OpPong         Opcode = 0xA
)

// IsControl reports whether o is a control opcode, defined or reserved.
//
// RFC 6455, 5.5: "Control frames are identified by opcodes where the most
// significant bit of the opcode is 1."
func (o Opcode) IsControl() bool { return o&0x8 != 0 }

// IsData reports whether o is text, binary or a continuation of one of them.
func (o Opcode) IsData() bool { return o <= OpBinary }

// IsReserved reports whether RFC 6455 leaves o undefined: 3 to 7, 11 to 15, and
// what does not fit in four bits.
func (o Opcode) IsReserved() bool { return o > OpBinary && o < OpClose || o > OpPong }

// String returns the opcode's name in lower case, or "opcode N" if it is
// reserved.
func (o Opcode) String() string {
	switch o {
	case OpContinuation:
		return "continuation"
	case OpText:
		return "text"
	case OpBinary:
		return "binary"
	case OpClose:
		return "close"
	case OpPing:
		return "ping"
	case OpPong:
		return "pong"
	}
	return "opcode " + strconv.Itoa(int(o))
}
