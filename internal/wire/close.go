package wire

import (
	"net"
	"syscall"
	"time"
)

// CloseWrite finishes this end, as TCP's FIN does: the peer reads what was written
// and then [io.EOF], while this end can still read. Writes that wait here fail with
// [syscall.EPIPE]. To finish again does nothing. After Close the error is
// [net.ErrClosed], after the peer's Abort [syscall.ECONNRESET].
func (c *Conn) CloseWrite() error {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	switch {
	case c.closed:
		return c.opError("close", net.ErrClosed)
	case c.reset:
		return c.callError("close", syscall.ECONNRESET)
	}
	c.finished = true
	c.link.wakeAll()
	return nil
}

// Close closes this end: operations that wait here fail with [net.ErrClosed]. It is
// always graceful: the peer can read all that was written and then gets [io.EOF], and
// its Writes fail with [syscall.EPIPE]. TCP would abort if this end left bytes
// unread; here only [Conn.Abort] does. To close again gives [net.ErrClosed].
func (c *Conn) Close() error {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	if c.closed {
		return c.opError("close", net.ErrClosed)
	}
	c.end()
	return nil
}

// Abort takes the connection down, as TCP's RST does: this end is closed, what the
// peer has not read is lost, and the peer's Reads and Writes, waiting ones and later
// ones, fail with [syscall.ECONNRESET]. On an end that is closed it does nothing.
func (c *Conn) Abort() {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	if c.closed {
		return
	}
	c.peer.reset = true
	c.peer.in.clear()
	c.end()
}

// end closes this end and gives back what it holds.
func (c *Conn) end() {
	c.finished, c.closed = true, true
	c.in.clear()
	c.readBy.set(time.Time{}, nil)
	c.writeBy.set(time.Time{}, nil)
	c.link.wakeAll()
}
