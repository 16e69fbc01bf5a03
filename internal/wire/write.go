package wire

import (
	"net"
	"os"
	"syscall"
)

// Write gives p to the peer and returns when all of it is in the peer's buffer,
// which holds up to [Options].Buffer bytes. What does not fit goes piece by piece as the
// peer reads. If Write fails it reports how many bytes were taken: those the peer
// can still read, unless the connection was aborted. Concurrent Writes do not
// mix their bytes. A Write of nothing returns at once, without error unless this end
// is closed.
//
// When the peer closes, a Write fails at once. TCP would let the first one succeed.
func (c *Conn) Write(p []byte) (int, error) {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	if len(p) == 0 && !c.closed {
		return 0, nil
	}
	if err := c.startWrite(); err != nil {
		return 0, err
	}
	defer c.endWrite()
	written := 0
	for {
		if err := c.writeError(); err != nil {
			return written, err
		}
		written += c.give(p[written:])
		if written == len(p) {
			return written, nil
		}
		c.canWrite.Wait()
	}
}

// startWrite waits until no other Write is under way.
func (c *Conn) startWrite() error {
	for {
		if err := c.writeError(); err != nil {
			return err
		}
		if !c.writing {
			c.writing = true
			return nil
		}
		c.canWrite.Wait()
	}
}

// endWrite lets the next Write begin.
func (c *Conn) endWrite() {
	c.writing = false
	c.canWrite.Broadcast()
}

// writeError is why nothing can be written, now or ever; nil if it is worth waiting.
func (c *Conn) writeError() error {
	switch {
	case c.closed:
		return c.opError("write", net.ErrClosed)
	case c.writeBy.passed():
		return c.opError("write", os.ErrDeadlineExceeded)
	case c.reset:
		return c.callError("write", syscall.ECONNRESET)
	case c.finished || c.peer.closed:
		return c.callError("write", syscall.EPIPE)
	}
	return nil
}

// give moves as much of p into the peer's buffer as fits, perhaps nothing.
func (c *Conn) give(p []byte) int {
	n := min(c.link.buffer-c.peer.in.size, len(p))
	if n == 0 {
		return 0
	}
	c.peer.in.write(p[:n])
	c.bytesWritten += int64(n)
	c.peer.canRead.Broadcast()
	return n
}
