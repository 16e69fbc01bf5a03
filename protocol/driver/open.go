package driver

import (
	"bytes"
	"strconv"

	"github.com/wsflow/wsflow/protocol"
)

// receiving is the incoming direction of an open connection.
type receiving struct {
	reader  protocol.Reader
	decoder decoder

	// The open message.
	kind    protocol.Opcode
	encoded bool          // it goes through codecs, so that the Reader does not check its text
	started bool          // the user has its first piece
	size    int64         // payload bytes, decoded
	text    protocol.UTF8 // of an encoded text
	message []byte        // unless pieces are events
}

// stepOpen is a step of an open, or closing, connection.
func (c *Conn) stepOpen() (Event, bool) {
	r := &c.receiving
	if r.decoder.busy() {
		p, end, err := r.decoder.next()
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
		r.kind, r.encoded, r.started, r.size, r.message = ev.Opcode, ev.RSV != 0, false, 0, nil
		r.text.Reset()
		r.decoder.begin(ev.RSV)
		// The Reader is lenient with what is encoded.
		if !r.encoded && ev.Length > c.cfg.maxMessage() {
			return c.fail(c.tooBig())
		}
	}
	if r.encoded {
		r.decoder.feed(ev.Payload, ev.End)
		return Event{}, true
	}
	return c.deliver(ev.Payload, ev.End)
}

// deliver takes the next piece of a message as it was before it was encoded.
func (c *Conn) deliver(p []byte, end bool) (Event, bool) {
	r := &c.receiving
	// Of an encoded message the wire does not tell the size.
	if int64(len(p)) > c.cfg.maxMessage()-r.size {
		return c.fail(c.tooBig())
	}
	r.size += int64(len(p))
	// RFC 6455, 8.1, of what is not UTF-8: "that endpoint MUST _Fail the WebSocket
	// Connection_". RFC 7692, 6, lets text be compressed, so that it is text only here.
	if r.encoded && r.kind == protocol.OpText && (!r.text.Write(p) || end && !r.text.Complete()) {
		return c.fail(&protocol.CloseError{Code: protocol.CloseInvalidPayload, Reason: "text is not UTF-8 (RFC 6455, 8.1)"})
	}
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

func (c *Conn) tooBig() error {
	limit := strconv.FormatInt(c.cfg.maxMessage(), 10)
	return &protocol.CloseError{Code: protocol.CloseMessageTooBig, Reason: "message exceeds " + limit + " bytes"}
}
