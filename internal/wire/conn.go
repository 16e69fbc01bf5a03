package wire

import (
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// A Conn is one end of a connection in memory. It is a [net.Conn] whose methods may
// be called concurrently. Make one with [Pipe] or a [Listener].
//
// Errors are those of a TCP connection, each a [*net.OpError] (but for [io.EOF]):
//
//   - [net.ErrClosed]: this end was closed or aborted.
//   - [os.ErrDeadlineExceeded]: a deadline has passed; Timeout reports true. As with
//     TCP a deadline comes before the data: a Read past it fails though bytes are there.
//   - [syscall.ECONNRESET]: the peer aborted the connection. TCP reports this
//     once, a Conn every time.
//   - [syscall.EPIPE]: a Write after this end was finished or the peer closed.
type Conn struct {
	link  *link
	peer  *Conn
	local net.Addr
	cuts  Chunking

	// What follows is guarded by link.mu, which is also the lock of the conditions.

	canRead, canWrite sync.Cond
	readBy, writeBy   deadline

	in       fifo // what the peer has written and this end has not read
	writing  bool // a Write is under way, and others wait for it
	finished bool // this end writes no more
	closed   bool // this end neither reads nor writes any more
	reset    bool // the peer aborted

	bytesRead, bytesWritten int64
}

var _ net.Conn = (*Conn)(nil)

func (c *Conn) init(l *link, peer *Conn, local net.Addr, cuts Chunking) {
	c.link, c.peer, c.local, c.cuts = l, peer, local, cuts
	c.canRead.L, c.canWrite.L = &l.mu, &l.mu
}

// LocalAddr is the address of this end.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr is the address of the peer.
func (c *Conn) RemoteAddr() net.Addr { return c.peer.local }

// Buffered is how many of the bytes written to this end the peer has still to read.
// It is 0 once the peer is closed or the connection aborted.
func (c *Conn) Buffered() int {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	return c.peer.in.size
}

// BytesRead is how many bytes Reads of this end have returned.
func (c *Conn) BytesRead() int64 {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	return c.bytesRead
}

// BytesWritten is how many bytes Writes to this end have taken.
func (c *Conn) BytesWritten() int64 {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	return c.bytesWritten
}

// SetDeadline sets the deadline of Reads and of Writes, also of those that wait
// already: they are woken when it passes. The zero time removes it. After Close the
// error is [net.ErrClosed].
func (c *Conn) SetDeadline(t time.Time) error { return c.setDeadlines(t, true, true) }

// SetReadDeadline is [Conn.SetDeadline] for Reads only.
func (c *Conn) SetReadDeadline(t time.Time) error { return c.setDeadlines(t, true, false) }

// SetWriteDeadline is [Conn.SetDeadline] for Writes only.
func (c *Conn) SetWriteDeadline(t time.Time) error { return c.setDeadlines(t, false, true) }

func (c *Conn) setDeadlines(t time.Time, read, write bool) error {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	if c.closed {
		return &net.OpError{Op: "set", Net: c.local.Network(), Addr: c.local, Err: net.ErrClosed}
	}
	if read {
		c.readBy.set(t, c.wakeReads)
		c.canRead.Broadcast()
	}
	if write {
		c.writeBy.set(t, c.wakeWrites)
		c.canWrite.Broadcast()
	}
	return nil
}

func (c *Conn) wakeReads() {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	c.canRead.Broadcast()
}

func (c *Conn) wakeWrites() {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	c.canWrite.Broadcast()
}

// opError wraps what ended an operation as net does: with its name and its addresses.
func (c *Conn) opError(op string, err error) error {
	return &net.OpError{Op: op, Net: c.local.Network(), Source: c.local, Addr: c.peer.local, Err: err}
}

// callError is [Conn.opError] for what the operating system reports.
func (c *Conn) callError(op string, number syscall.Errno) error {
	return c.opError(op, os.NewSyscallError(op, number))
}
