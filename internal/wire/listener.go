package wire

import (
	"context"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
)

// backlog is how many connections can be dialed before one is accepted.
const backlog = 1024

// A Listener is a server's address and the way to it: DialContext makes a connection
// and returns the client's end, Accept returns the server's. Its methods may be called
// concurrently. Make one with [Listen].
type Listener struct {
	// Options describe the connections that are dialed. They may be changed only while
	// no method runs.
	Options Options

	dialed  atomic.Int64
	waiting chan *Conn // dialed, not accepted: the server's ends
	done    chan struct{}
	once    sync.Once // closes done
}

var _ net.Listener = (*Listener)(nil)

// Listen returns a new Listener. It has no name that others could dial: who has
// the Listener has the network.
func Listen() *Listener {
	return &Listener{waiting: make(chan *Conn, backlog), done: make(chan struct{})}
}

// Addr is the address of the servers' ends.
func (l *Listener) Addr() net.Addr {
	if l.Options.ServerAddr != nil {
		return l.Options.ServerAddr
	}
	return serverAddr
}

// Accept waits for a connection to be dialed and returns the server's end, a [*Conn].
// After Close the error is [net.ErrClosed].
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.waiting:
		return c, nil
	case <-l.done:
		return nil, l.opError("accept", net.ErrClosed)
	}
}

// DialContext makes a connection and returns the client's end, a [*Conn]. As with TCP it
// need not be accepted yet; only when 1024 are waiting for that, DialContext waits, until
// ctx ends. Network and address are ignored: there is only one server to reach.
// The shape is that of [net.Dialer] and of [net/http.Transport]'s field. If the listener
// is closed the error is [syscall.ECONNREFUSED].
func (l *Listener) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, l.opError("dial", err)
	}
	if l.closed() {
		return nil, l.refused()
	}
	o := l.Options
	if number := l.dialed.Add(1); o.ClientAddr == nil {
		o.ClientAddr = clientAddr(number)
	}
	client, server := Pipe(o)
	select {
	case l.waiting <- server:
	case <-ctx.Done():
		return nil, l.opError("dial", ctx.Err())
	case <-l.done:
		return nil, l.refused()
	}
	if l.closed() {
		// Close may have looked through those that wait before this one did.
		l.abortWaiting()
	}
	return client, nil
}

// Close ends the listener: Accept fails with [net.ErrClosed], dialing with
// [syscall.ECONNREFUSED], and connections that nobody has accepted are aborted.
// Accepted ones go on. To close again gives [net.ErrClosed].
func (l *Listener) Close() error {
	err := l.opError("close", net.ErrClosed)
	l.once.Do(func() {
		close(l.done)
		l.abortWaiting()
		err = nil
	})
	return err
}

func (l *Listener) closed() bool {
	select {
	case <-l.done:
		return true
	default:
		return false
	}
}

func (l *Listener) abortWaiting() {
	for {
		select {
		case c := <-l.waiting:
			c.Abort()
		default:
			return
		}
	}
}

func (l *Listener) refused() error {
	return l.opError("dial", os.NewSyscallError("connect", syscall.ECONNREFUSED))
}

func (l *Listener) opError(op string, err error) error {
	return &net.OpError{Op: op, Net: l.Addr().Network(), Addr: l.Addr(), Err: err}
}
