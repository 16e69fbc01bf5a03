package upgrade

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// A handOver is the listener of the inner http.Server: what is handed over is accepted there. It closes when those
// who may hand over, the one who accepts and the connections that are being read, have released it.
type handOver struct {
	addr  net.Addr
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
	users atomic.Int64
}

// newHandOver returns one with one user.
func newHandOver(addr net.Addr) *handOver {
	h := &handOver{addr: addr, conns: make(chan net.Conn), done: make(chan struct{})}
	h.users.Store(1)
	return h
}

func (h *handOver) retain() { h.users.Add(1) }

func (h *handOver) release() {
	if h.users.Add(-1) == 0 {
		_ = h.Close()
	}
}

// give reports whether the connection was accepted.
func (h *handOver) give(nc net.Conn) bool {
	select {
	case h.conns <- nc:
		return true
	case <-h.done:
		return false
	}
}

func (h *handOver) Accept() (net.Conn, error) {
	select {
	case nc := <-h.conns:
		return nc, nil
	case <-h.done:
		return nil, net.ErrClosed
	}
}

func (h *handOver) Addr() net.Addr { return h.addr }

func (h *handOver) Close() error {
	h.once.Do(func() { close(h.done) })
	return nil
}

// A handedConn is a connection whose first bytes were read already.
type handedConn struct {
	net.Conn
	ctx   context.Context
	due   time.Time // when the head of the first request has to be there; zero for no limit
	place *place    // among the limited connections, or nil

	mu   sync.Mutex
	head []byte // goes before what is read
}

// A handedTLS is the same over TLS, which http.Server sees by its ConnectionState.
type handedTLS struct{ handedConn }

// ConnectionState returns the state of the TLS connection.
func (c *handedTLS) ConnectionState() tls.ConnectionState {
	return c.Conn.(*tls.Conn).ConnectionState()
}

// newHanded wraps a connection for the inner http.Server, which counts on one without a deadline for writes. head is what was read of it.
func newHanded(c *serverConn, head []byte) net.Conn {
	_ = c.nc.SetWriteDeadline(time.Time{}) // an error shows again
	if _, ok := c.nc.(*tls.Conn); ok {
		return &handedTLS{handedConn{Conn: c.nc, ctx: c.ctx, head: head, due: c.due, place: c.place}}
	}
	return &handedConn{Conn: c.nc, ctx: c.ctx, head: head, due: c.due, place: c.place}
}

// Close closes the connection.
func (c *handedConn) Close() error {
	defer c.place.release()
	return c.Conn.Close()
}

func (c *handedConn) Read(p []byte) (int, error) {
	c.mu.Lock()
	if len(c.head) > 0 {
		n := copy(p, c.head)
		if c.head = c.head[n:]; len(c.head) == 0 {
			c.head = nil
		}
		c.mu.Unlock()
		return n, nil
	}
	c.mu.Unlock()
	return c.Conn.Read(p)
}

// SetReadDeadline sets the deadline of reads. The first one is that of the first request's head, for which
// time has been running already.
func (c *handedConn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	due := c.due
	c.due = time.Time{}
	c.mu.Unlock()
	if !due.IsZero() && due.Before(t) {
		t = due
	}
	return c.Conn.SetReadDeadline(t)
}

// CloseWrite sends the end of what we send, where the connection can.
func (c *handedConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// ReadFrom lets a socket send a file by itself.
func (c *handedConn) ReadFrom(r io.Reader) (int64, error) { return io.Copy(c.Conn, r) }

// unwrapHanded returns the connection below, and what was read of it and not been asked for, if nc is one that was
// handed over. nc is not to be used any more.
func unwrapHanded(nc net.Conn) (net.Conn, []byte) {
	var c *handedConn
	switch nc := nc.(type) {
	case *handedConn:
		c = nc
	case *handedTLS:
		c = &nc.handedConn
	default:
		return nc, nil
	}
	c.place.release()
	c.mu.Lock()
	defer c.mu.Unlock()
	rest := c.head
	c.head = nil
	return c.Conn, rest
}
