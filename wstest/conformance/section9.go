package conformance

import (
	"cmp"
	"fmt"

	"github.com/wsflow/wsflow/protocol"
)

const (
	autobahnSize = 16 << 20
	defaultSize  = 256 << 10
	sizeRFC      = "5.2, 5.4"
)

// limits: large messages, many fragments, many messages. Payloads are made when they are sent.
func limits(o Options) []Case {
	size := cmp.Or(o.Size, defaultSize)
	var cases []Case
	for i, op := range []protocol.Opcode{protocol.OpText, protocol.OpBinary} {
		for j, n := range []int{size / 256, size / 64, size / 16, size / 4, size / 2, size} {
			cases = append(cases, large(fmt.Sprintf("9.%d.%d", 1+i, j+1), op, n))
		}
	}
	for i, op := range []protocol.Opcode{protocol.OpText, protocol.OpBinary} {
		for j, fragment := 0, 64; fragment <= max(size/4, 64); j, fragment = j+1, 4*fragment {
			title := fmt.Sprintf("a %v message of %d bytes in fragments of %d", op, size/4, fragment)
			cases = append(cases, works(fmt.Sprintf("9.%d.%d", 3+i, j+1), title, sizeRFC, theSame(size/4, inFragmentsOf(op, size/4, fragment))))
		}
	}
	for i, op := range []protocol.Opcode{protocol.OpText, protocol.OpBinary} {
		for j, piece := range []int{64, 128, 256, 512, 1024, 2048} {
			title := fmt.Sprintf("a %v message of %d bytes in pieces of %d", op, size/16, piece)
			cases = append(cases, works(fmt.Sprintf("9.%d.%d", 5+i, j+1), title, sizeRFC, theSame(size/16, func(p *Play) {
				payload := payloadOf(op, size/16)
				p.SendInPieces(piece, Frame{Opcode: op, Payload: payload})
				p.ExpectMessage(op, payload)
			})))
		}
	}
	times := 100
	if size >= autobahnSize {
		times = 1000
	}
	for i, op := range []protocol.Opcode{protocol.OpText, protocol.OpBinary} {
		for j, n := range []int{0, 16, 64, 256, 1024, 4096} {
			cases = append(cases, roundTrips(fmt.Sprintf("9.%d.%d", 7+i, j+1), op, times, n))
		}
	}
	return cases
}

// theSame is a step with a payload that would be too long to keep in every case.
func theSame(n int, do func(p *Play)) step { return step{fmt.Sprintf("the same %d bytes", n), do} }

func large(id string, op protocol.Opcode, n int) Case {
	return works(id, fmt.Sprintf("a %v message of %d bytes", op, n), sizeRFC, theSame(n, func(p *Play) {
		payload := payloadOf(op, n)
		p.Send(Frame{Opcode: op, Payload: payload})
		p.ExpectMessage(op, payload)
	}))
}

func inFragmentsOf(op protocol.Opcode, n, size int) func(p *Play) {
	return func(p *Play) {
		payload := payloadOf(op, n)
		p.Send(fragments(op, payload, size)...)
		p.ExpectMessage(op, payload)
	}
}

func roundTrips(id string, op protocol.Opcode, times, n int) Case {
	says := fmt.Sprintf("each of the %d messages, before the next is sent", times)
	return works(id, fmt.Sprintf("%d %v messages of %d bytes, one after the other", times, op, n), sizeRFC, step{says, func(p *Play) {
		payload := payloadOf(op, n)
		for range times {
			p.Send(Frame{Opcode: op, Payload: payload})
			p.ExpectMessage(op, payload)
		}
	}})
}
