package driver

import (
	"bytes"

	"github.com/wsflow/wsflow/protocol"
)

// A ping is one whose pong somebody waits for.
type ping struct {
	payload  string
	answered func()
}

// Ping sends a ping with a payload of at most [protocol.MaxControlPayload] bytes,
// which is copied. answered, if not nil, is called once, from inside [Conn.Next],
// when the pong with that payload comes, before that gives its [EventPong]. It is
// never called if the peer does not answer, or answers a later ping only.
//
// The error is [ErrClosed] or [protocol.ErrControlTooLong]. Pings may be sent inside a
// fragmented message, and wait for the connection to be open, as messages do.
func (c *Conn) Ping(payload []byte, answered func()) error {
	if err := c.control(protocol.OpPing, payload); err != nil {
		return err
	}
	if answered != nil {
		c.pings = append(c.pings, ping{string(payload), answered})
	}
	return nil
}

// Pong sends a pong that answers no ping, as [Conn.Ping] does a ping. Pings are
// answered without it.
//
// RFC 6455, 5.5.3: "A Pong frame MAY be sent unsolicited. This serves as a
// unidirectional heartbeat."
func (c *Conn) Pong(payload []byte) error { return c.control(protocol.OpPong, payload) }

func (c *Conn) control(op protocol.Opcode, payload []byte) error {
	if c.state >= StateClosing {
		return ErrClosed
	}
	if len(payload) > protocol.MaxControlPayload {
		return protocol.ErrControlTooLong
	}
	c.send(command{op: op, payload: payload, fin: true})
	return nil
}

// pingCame answers a ping.
//
// RFC 6455, 5.5.2: "Upon receipt of a Ping frame, an endpoint MUST send a Pong frame
// in response, unless it already received a Close frame." After our own close frame
// nothing may follow, which the writer sees to.
func (c *Conn) pingCame(payload []byte) (Event, bool) {
	c.out.buf, _ = c.sending.writer.AppendPong(c.out.buf, payload)
	return Event{Type: EventPing, Payload: bytes.Clone(payload)}, true
}

// pongCame tells who waits for it.
//
// RFC 6455, 5.5.3: "If an endpoint receives a Ping frame and has not yet sent Pong
// frame(s) in response to previous Ping frame(s), the endpoint MAY elect to send a
// Pong frame for only the most recently processed Ping frame." Pings before the one
// that is answered are therefore forgotten, or they might be kept for ever.
func (c *Conn) pongCame(payload []byte) (Event, bool) {
	ev := Event{Type: EventPong, Payload: bytes.Clone(payload)}
	for i, p := range c.pings {
		if p.payload == string(payload) {
			c.pings = append(c.pings[:0], c.pings[i+1:]...)
			c.held = append(c.held, ev) // for the case that the callback panics
			p.answered()
			return Event{}, true
		}
	}
	return ev, true
}
