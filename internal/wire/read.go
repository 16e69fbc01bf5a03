package wire

import (
	"io"
	"net"
	"os"
	"syscall"
)

// Read moves bytes that the peer has written into p and reports how many; how many
// it takes at once is up to the end's [Chunking]. If there are none it waits. When the
// peer is finished or closed and everything is read, the error is [io.EOF]. A Read
// into no space returns at once, without error unless this end is closed.
func (c *Conn) Read(p []byte) (int, error) {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	for {
		switch {
		case c.closed:
			return 0, c.opError("read", net.ErrClosed)
		case len(p) == 0:
			return 0, nil
		case c.readBy.passed():
			return 0, c.opError("read", os.ErrDeadlineExceeded)
		case c.reset:
			return 0, c.callError("read", syscall.ECONNRESET)
		case c.in.size > 0:
			return c.take(p), nil
		case c.peer.finished:
			return 0, io.EOF
		}
		c.canRead.Wait()
	}
}

// take moves one chunk of what is there into p, and makes room for the peer.
func (c *Conn) take(p []byte) int {
	n := c.cuts.cut(min(c.in.size, len(p)))
	c.in.read(p[:n])
	c.bytesRead += int64(n)
	c.peer.canWrite.Broadcast()
	return n
}
