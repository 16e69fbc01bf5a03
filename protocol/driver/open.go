package driver

import (
	"bytes"

	"github.com/wsflow/wsflow/protocol"
)

// receiving is the incoming direction of an open connection.
type receiving struct {
	reader   protocol.Reader
	decoding decoding

	// The open message.
	kind    protocol.Opcode
	encoded bool
	started bool   // the user has its first piece
	message []byte // unless pieces are events
}

// stepOpen is a step of an open, or closing, connection.
func (c *Conn) stepOpen() (Event, bool) {
	r := &c.receiving
	if r.decoding.more {
		p, end, err := r.decoding.next()
		if err != nil {
			return c.fail(err)
		}
		return c.deliver(p, end)
	}
	ev, n, err := r.reader.Next(c.in.bytes())
	c.in.skip(n)
	if err == protocol.ErrShort {
		return Event{}, false
	}
	if err != nil {
		return c.fail(err)
	}
	switch ev.Type {
	case protocol.EventPing:
		return c.pingCame(ev.Payload)
	case protocol.EventPong:
		return c.pongCame(ev.Payload)
	case protocol.EventClose:
		return c.closeCame(ev.Code, ev.Reason)
	}
	return c.dataCame(ev)
}

// dataCame takes a piece of a message from the wire.
func (c *Conn) dataCame(ev protocol.Event) (Event, bool) {
	r := &c.receiving
	if ev.Start {
		r.kind, r.started, r.message = ev.Opcode, false, nil
		var err error
		if r.encoded, err = r.decoding.decoder.Begin(ev.Opcode, ev.RSV); err != nil {
			return c.fail(err)
		}
	}
	if r.encoded {
		r.decoding.feed(ev.Payload, ev.End)
		return Event{}, true
	}
	return c.deliver(ev.Payload, ev.End)
}

// deliver takes the next piece of a message as it was before it was encoded.
func (c *Conn) deliver(p []byte, end bool) (Event, bool) {
	r := &c.receiving
	if c.cfg.Stream {
		if len(p) == 0 && r.started && !end {
			return Event{}, true
		}
		start := !r.started
		r.started = true
		return Event{Type: EventMessage, Opcode: r.kind, Payload: bytes.Clone(p), Start: start, End: end}, true
	}
	// What is held grows with what arrives, not with what is announced.
	r.message = append(r.message, p...)
	if !end {
		return Event{}, true
	}
	message := r.message
	r.message = nil
	return Event{Type: EventMessage, Opcode: r.kind, Payload: message, Start: true, End: true}, true
}
