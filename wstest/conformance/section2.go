package conformance

import (
	"bytes"
	"strconv"

	"github.com/wsflow/wsflow/protocol"
)

const (
	pingRFC = "5.5.2"
	pongRFC = "5.5.3"
)

func pings(Options) []Case {
	longest := printable(125)
	tooLong := pingFrame(printable(126))
	return []Case{
		works("2.1", "an empty ping", pingRFC, send(pingFrame("")), pong("")),
		works("2.2", "a ping with text", pingRFC, send(pingFrame("Hello")), pong("Hello")),
		works("2.3", "a ping with bytes that are not text", pingRFC, send(pingFrame("\x00\xff\xfe\xfd\xfc\xfb\x00\xff")), pong("\x00\xff\xfe\xfd\xfc\xfb\x00\xff")),
		works("2.4", "a ping of 125 bytes", pingRFC, send(pingFrame(longest)), pong(longest)),
		fails("2.5", "a ping of 126 bytes", "5.5", violation, send(tooLong)),
		works("2.6", "a ping of 125 bytes, byte by byte", pingRFC, sendIn(1, pingFrame(longest)), pong(longest)),
		works("2.7", "an empty pong that nobody asked for", pongRFC, send(pongFrame(""))),
		works("2.8", "a pong with a payload that nobody asked for", pongRFC, send(pongFrame("unasked"))),
		works("2.9", "a pong that nobody asked for, then a ping", pongRFC, send(pongFrame("unasked"), pingFrame("asked")), pong("asked")),
		works("2.10", "ten pings in one write", pongRFC, send(tenPings()...), pongs(tenPings())),
		works("2.11", "ten pings, byte by byte", pongRFC, sendIn(1, tenPings()...), pongs(tenPings())),
		works("2.12", "pings of 0 to 125 bytes, each when the one before is answered", pingRFC, pingsOfAllSizes()),
		works("2.13", "a ping between two messages, in one write", pingRFC,
			send(textFrame("before"), pingFrame("between"), textFrame("after")), wantText("before"), pong("between"), wantText("after")),
		works("2.14", "a pong of 125 bytes that nobody asked for, byte by byte", pongRFC, sendIn(1, pongFrame(longest)), echo(textFrame("still here"))),
		fails("2.15", "a pong of 126 bytes", "5.5", violation, send(pongFrame(printable(126)))),
		fails("2.16", "a ping of 126 bytes, byte by byte", "5.5", violation, sendIn(1, tooLong)),
		fails("2.17", "a ping of 65536 bytes", "5.5", violation, send(pingFrame(printable(65536)))),
	}
}

func tenPings() []Frame {
	var frames []Frame
	for i := range 10 {
		frames = append(frames, pingFrame("ping "+strconv.Itoa(i)))
	}
	return frames
}

// pongs expects the pongs that answer pings sent at once. RFC 6455, 5.5.3, lets an endpoint that has not yet answered
// a ping when the next one comes answer the most recent alone.
func pongs(pings []Frame) step {
	return step{"their pongs, in order; of pings that come while others are unanswered, at least that of the last", func(p *Play) {
		for unanswered := pings; len(unanswered) > 0; {
			e, ok := p.await("a pong", p.timeout)
			if !ok {
				return
			}
			at := -1
			for i, f := range unanswered {
				if same(e, event{op: protocol.OpPong, payload: f.Payload}) {
					at = i
					break
				}
			}
			if at < 0 {
				p.Fail("expected a pong to one of the pings, in their order, got %v", e)
				return
			}
			unanswered = unanswered[at+1:]
		}
	}}
}

func pingsOfAllSizes() step {
	return step{"the pong of each", func(p *Play) {
		for size := range 126 {
			payload := bytes.Repeat([]byte{byte(size)}, size)
			p.Send(Frame{Opcode: protocol.OpPing, Payload: payload})
			p.ExpectPong(payload)
		}
	}}
}
