package driver

import "github.com/wsflow/wsflow/protocol"

// Receive takes bytes that have come from the transport, cut as they are. It
// copies p, which is the caller's again afterwards. What they mean is told by
// [Conn.Next]; a caller that receives without asking for it lets them pile up.
//
// How the bytes are cut does not matter, except that of a message which breaks several
// rules inside an extension, such as compressed text that is both too long and not
// UTF-8, it decides which one is found.
//
// After the end of the connection they are ignored, but for [Conn.Body].
func (c *Conn) Receive(p []byte) {
	switch {
	case c.refused:
		c.addBody(p)
	case c.state != StateClosed && !c.ended:
		c.in.add(p, c.receiving.decoding.more)
	}
}

// ReceiveEnd tells that nothing more will come from the transport: err is what its
// Read returned, such as io.EOF, or nil. When the bytes that have come before are
// used up and the connection has not ended with them, it does so now, with 1006.
//
// RFC 6455, 7.1.5: "If _The WebSocket Connection is Closed_ and no Close control
// frame was received by the endpoint (such as could occur if the underlying
// transport connection is lost), _The WebSocket Connection Close Code_ is
// considered to be 1006."
func (c *Conn) ReceiveEnd(err error) {
	if !c.ended {
		c.ended, c.endedBy = true, err
	}
}

// Output returns the bytes that are to be sent, and counts them as sent. The slice
// is valid until the next call of Output. It may be empty.
func (c *Conn) Output() []byte { return c.out.take() }

// Pending returns how many bytes wait to be sent: those that the next call of
// [Conn.Output] would return and, before the connection is open, the payloads that wait
// for that. Whoever sends faster than the transport carries lets them pile up.
func (c *Conn) Pending() int {
	n := len(c.out.buf)
	for _, cmd := range c.sending.waiting {
		n += len(cmd.payload)
	}
	return n
}

// Next returns the next event. It reports false where none can be told from what
// has been received.
//
// Nothing is lost if the caller fails to handle an event: whenever it calls Next
// again, it gets the one after it. A callback given to [Conn.Ping] is called from
// inside Next; its panic passes through, and the pong is then the next event.
func (c *Conn) Next() (Event, bool) {
	for {
		ev, more := c.step()
		switch {
		case ev.Type != 0:
			return ev, true
		case more:
		case c.ended && c.state != StateClosed:
			c.end(&protocol.CloseError{Code: protocol.CloseAbnormal, Err: c.endedBy})
		default:
			return Event{}, false
		}
	}
}

// step goes one step on. It returns an event if that step has one, and reports
// whether there may be another step.
func (c *Conn) step() (ev Event, more bool) {
	switch {
	case len(c.held) > 0:
		ev, c.held = c.held[0], nil
		return ev, true
	case c.state == StateClosed:
		return c.stepClosed()
	case c.state == StateConnecting && c.role == protocol.Server:
		return c.stepServer()
	case c.state == StateConnecting:
		return c.stepClient()
	case c.news:
		c.news = false
		return Event{Type: EventOpen}, true
	}
	return c.stepOpen()
}
