package driver

import (
	"errors"

	"github.com/wsflow/wsflow/protocol"
)

// Close ends the connection. On an open one it sends a close frame, after which
// nothing can be sent, and [EventClose] comes with the peer's answer. Messages that the
// peer has sent before it are still events. Before the connection is open it ends at
// once, and nothing is sent for it.
//
// [protocol.CloseNoStatus] sends a close frame without a code. A reason longer than
// [protocol.MaxCloseReason] is cut. The error is [ErrClosed] if the connection is
// closing or closed already, or [protocol.ErrInvalidClose] for a code that may not be
// sent or a reason that is not UTF-8.
//
// A peer may never answer: how long to wait is for the transport to say, which then
// calls [Conn.ReceiveEnd].
func (c *Conn) Close(code protocol.CloseCode, reason string) error {
	switch c.state {
	case StateConnecting:
		if _, err := protocol.AppendClosePayload(nil, code, reason); err != nil {
			return err
		}
		c.out.buf = nil // a client's request that has not been sent yet
		c.end(&protocol.CloseError{Code: code, Reason: reason})
		return nil
	case StateOpen:
		out, err := c.sending.writer.AppendClose(c.out.buf, code, reason)
		if err != nil {
			return err
		}
		c.out.buf, c.state = out, StateClosing
		return nil
	}
	return ErrClosed
}

// closeCame answers the peer's close frame.
//
// RFC 6455, 5.5.1: "If an endpoint receives a Close frame and did not previously send a
// Close frame, the endpoint MUST send a Close frame in response. (When sending a Close
// frame in response, the endpoint typically echos the status code it received.)"
func (c *Conn) closeCame(code protocol.CloseCode, reason string) (Event, bool) {
	c.out.buf, _ = c.sending.writer.AppendClose(c.out.buf, code, reason)
	c.end(&protocol.CloseError{Code: code, Reason: reason, FromPeer: true})
	return Event{}, true
}

// fail ends the connection for what the peer did, or an extension, and tells the peer.
//
// RFC 6455, 7.1.7: "If _The WebSocket Connection is Established_ prior to the point where
// the endpoint is required to _Fail the WebSocket Connection_, the endpoint SHOULD send
// a Close frame with an appropriate status code".
func (c *Conn) fail(err error) (Event, bool) {
	var e *protocol.CloseError
	errors.As(err, &e)
	// If our close frame has been sent, this writes nothing.
	c.out.buf, _ = c.sending.writer.AppendClose(c.out.buf, e.Code, e.Reason)
	c.end(e)
	return Event{}, true
}

// endHandshake ends a connection that has never been open. Nothing but HTTP is sent.
func (c *Conn) endHandshake(why *protocol.HandshakeError) {
	c.end(&protocol.CloseError{Code: protocol.CloseProtocolError, Err: why})
}

// end ends the connection and lets go of what it held, but for the output.
func (c *Conn) end(why *protocol.CloseError) {
	c.state, c.closed = StateClosed, why
	c.in, c.receiving, c.pings, c.held = input{}, receiving{}, nil, nil
	c.sending.waiting = nil
}

// stepClosed tells once that the connection has ended.
func (c *Conn) stepClosed() (Event, bool) {
	if c.farewell {
		return Event{}, false
	}
	c.farewell = true
	return Event{Type: EventClose, Code: c.closed.Code, Reason: c.closed.Reason, Err: c.closed}, true
}
