package upgrade

import (
	"context"
	"time"

	"github.com/wsflow/wsflow/protocol"
)

// finish ends the connection when the handler has ended with err: our close frame, the closing handshake with its
// deadline, the socket. It returns what [Conn.Run] does.
func (c *Conn) finish(ctx context.Context, err error) error {
	cause := c.verdict(ctx, err)
	within, cancel := c.closeDeadline()
	defer cancel()
	if c.gone.Err() == nil {
		c.awaitOpen(within)
		c.sendClose(cause.Code, cause.Reason)
		c.awaitClose(within)
	} else {
		c.lingerOn()
	}
	c.shut(within)
	return c.result()
}

// result is nil for a clean ending.
func (c *Conn) result() error {
	cause := c.Closed()
	if c.closedCleanly(cause) {
		return nil
	}
	return cause
}

// awaitOpen waits for the end of a message that somebody is sending, for as long as the closing may take.
func (c *Conn) awaitOpen(ctx context.Context) {
	c.writing.mu.Lock()
	_ = c.awaitGap(ctx)
	c.writing.mu.Unlock()
}

func (c *Conn) closeDeadline() (context.Context, context.CancelFunc) {
	if c.set.CloseTimeout > 0 {
		return context.WithTimeout(c.gone, c.set.CloseTimeout)
	}
	return context.WithCancel(c.gone)
}

// awaitClose waits for the peer's close frame, and reads meanwhile unless somebody else does.
func (c *Conn) awaitClose(ctx context.Context) {
	if c.takeTurn(ctx, c.heard) {
		c.readClose()
		c.endTurn()
	}
	c.closing.mu.Lock()
	answered := c.received != nil
	c.closing.mu.Unlock()
	if !answered {
		_ = c.drop("peer did not answer the close frame", nil)
	}
}

// takeTurn waits until nobody else reads and takes over for the closing, until ctx ends. It reports
// false if ctx ends first, or done is closed.
func (c *Conn) takeTurn(ctx context.Context, done <-chan struct{}) bool {
	select {
	case <-done:
		return false
	default:
	}
	select {
	case c.turn <- struct{}{}:
	case <-done:
		return false
	case <-ctx.Done():
		return false
	}
	c.unkick = context.AfterFunc(ctx, c.kick)
	c.reclaim(func() bool { return ctx.Err() != nil })
	return true
}

func (c *Conn) endTurn() {
	c.unkick()
	<-c.turn
}

// readClose throws away what comes before the peer's close frame. A peer that broke the protocol is told that
// nothing more comes, and gets the time to see why.
func (c *Conn) readClose() {
	if c.isViolated() {
		c.linger()
		return
	}
	for {
		if _, err := c.nextData(); err != nil {
			return
		}
	}
}

func (c *Conn) isViolated() bool {
	c.closing.mu.Lock()
	defer c.closing.mu.Unlock()
	return c.closing.violated
}

// lingerOn is for a violation that the stand-in has found: it cancelled the handler as if the connection were over, and the
// peer is still to see why.
func (c *Conn) lingerOn() {
	if !c.isViolated() {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if c.set.CloseTimeout > 0 {
		defer time.AfterFunc(c.set.CloseTimeout, cancel).Stop()
	}
	if c.takeTurn(ctx, nil) {
		c.linger()
		c.endTurn()
	}
}

// linger tells the peer that we are through, and reads on until it is, since closing a socket
// with unread bytes would destroy our close frame on its way.
func (c *Conn) linger() {
	half, ok := c.nc.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		return
	}
	c.rates = nil // it has been judged
	c.unread = true
	if c.staged != nil {
		c.staged.deaf = true
	}
	waste := make([]byte, smallBuffer)
	for { // up to the deadline, which kicks, or the end of the socket
		if _, err := c.readSocket(waste); err != nil {
			return
		}
	}
}

// shut closes the socket and lets go of everything.
func (c *Conn) shut(ctx context.Context) {
	// RFC 6455, 7.1.1: "the underlying TCP connection, in most normal cases, SHOULD be closed first by the server".
	if c.role == protocol.Client && c.gone.Err() == nil {
		if c.takeTurn(ctx, nil) {
			c.awaitEOF()
			c.endTurn()
		}
	}
	c.closing.mu.Lock()
	if c.grace != nil {
		c.grace.Stop()
	}
	cause := c.cause
	c.closing.mu.Unlock()
	c.cancel(cause)
	_ = c.nc.Close()
	c.keepAlive.stop()
	c.watch.Stop()
	c.dropBuffer()
	c.tellClosed()
	c.forget()
}

// dropBuffer gives the buffer back that was last read into, unless somebody still reads.
func (c *Conn) dropBuffer() {
	select {
	case c.turn <- struct{}{}:
	default:
		return
	}
	c.reclaim(func() bool { return true })
	c.publish() // with the peer's close frame
	if c.shared != nil {
		buffers.Put(c.shared)
		c.shared, c.buf, c.r, c.w = nil, nil, 0, 0
	}
	c.letGo()
	<-c.turn
}

// forget takes a connection that nobody serves from those that Shutdown waits for.
func (c *Conn) forget() {
	if c.registry != nil && !c.served.Load() {
		c.registry.remove(c)
	}
}

// awaitEOF reads until the server has closed.
func (c *Conn) awaitEOF() {
	c.rates = nil // all has been said
	c.unread = true
	waste := make([]byte, 512)
	for {
		if _, err := c.readSocket(waste); err != nil {
			return
		}
	}
}

// Close closes the connection with a code and a reason, of which 123 bytes are sent: our close frame, then the
// closing handshake, up to CloseTimeout, while the messages that still arrive go to whoever runs the source, or
// nowhere. It returns nil after a clean closing, and otherwise, or if the connection has ended before, the
// *[CloseError] of the first cause. A code or a reason that may not be sent is an error, and nothing happens.
//
// A handler that wants to close fails with a *[CloseError] instead: from inside one of its functions, Close
// waits in vain for an answer that is behind a message, since the next message is read when the function has
// returned. The same goes for the body of a loop over the source: leave it first.
func (c *Conn) Close(code CloseCode, reason string) error {
	if _, err := protocol.AppendClosePayload(nil, code, reason); err != nil {
		return err
	}
	c.because(&CloseError{Code: code, Reason: reason})
	return c.finish(context.Background(), nil)
}
