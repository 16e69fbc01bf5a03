package conformance

import (
	"time"

	"github.com/wsflow/wsflow/protocol"
)

// What follows are the steps that cases are made of. Those that send say nothing; those that expect say what.

func send(frames ...Frame) step { return step{do: func(p *Play) { p.Send(frames...) }} }

// sendIn writes frames in pieces of n bytes.
func sendIn(n int, frames ...Frame) step {
	return step{do: func(p *Play) { p.SendInPieces(n, frames...) }}
}

// sendApart writes each frame by itself.
func sendApart(frames ...Frame) step {
	return step{do: func(p *Play) {
		for _, f := range frames {
			p.Send(f)
			time.Sleep(p.pause)
		}
	}}
}

// begin writes the beginning of a frame: its header and so much of its payload.
func begin(f Frame, n int) step { return step{do: func(p *Play) { p.Begin(f, f.Payload[:n]) }} }

// A way is how the frames of a case are written.
type way struct {
	name string
	send func(...Frame) step
}

var (
	atOnce = way{"in one write", send}
	apart  = way{"frame by frame", sendApart}
	octets = way{"byte by byte", func(frames ...Frame) step { return sendIn(1, frames...) }}
	ways   = []way{atOnce, apart, octets}
)

// expect waits for the message or pong that a frame would be.
func expect(f Frame) step {
	e := event{op: f.Opcode, payload: f.Payload}
	return step{e.String(), func(p *Play) { p.ExpectMessage(f.Opcode, f.Payload) }}
}

func wantText(s string) step { return expect(textFrame(s)) }
func pong(s string) step     { return expect(pongFrame(s)) }

// echo sends a message and expects it back.
func echo(f Frame) step {
	back := expect(f)
	return step{back.says, func(p *Play) {
		p.Send(f)
		back.do(p)
	}}
}

// closed waits for a close frame and the end of the connection.
func closed(c code) step {
	return step{c.String() + ", and the end of the connection", func(p *Play) {
		p.ExpectClose(c...)
		p.ExpectEnd()
	}}
}

// failure waits for the endpoint to fail the connection.
func failure(c code) step {
	return step{c.String() + ", and the end of the connection", func(p *Play) { p.ExpectFailure(c...) }}
}

// failureOrEnd waits for the endpoint to fail the connection, where the RFC lets it do so without a close frame.
func failureOrEnd(c code) step {
	return step{c.String() + ", and the end of the connection; or only the end", func(p *Play) { p.expectFailureOrEnd(c...) }}
}

// cut waits for the end of the connection, with or without a close frame.
func cut() step {
	return step{"the end of the connection, and no message before it", (*Play).ExpectCut}
}

// goodbye holds the closing handshake.
func goodbye() step {
	return step{"Close 1000 in answer to Close 1000, and the end of the connection", (*Play).Close}
}

// patiently waits for the endpoint's own deadlines.
func patiently(s step) step {
	return step{s.says + ", within 3 minutes", func(p *Play) {
		p.timeout = max(patience, p.timeout)
		s.do(p)
	}}
}

// silently leaves the endpoint's pings unanswered.
func silently(s step) step {
	return step{s.says, func(p *Play) {
		p.mute = true
		s.do(p)
	}}
}

// printable returns n bytes of ASCII in which no stretch is like the one before it.
func printable(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = ' ' + byte((i+i/89)%89)
	}
	return string(b)
}

// octetsOf returns n bytes with all values.
func octetsOf(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i + i/251)
	}
	return b
}

// payloadOf returns n bytes that a message of the kind may have.
func payloadOf(op protocol.Opcode, n int) []byte {
	if op == protocol.OpText {
		return []byte(printable(n))
	}
	return octetsOf(n)
}
