package wire_test

import (
	"context"
	"io"
	"net"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsflow/wsflow/internal/wire"
)

// dial makes a connection or ends the test.
func dial(t testing.TB, l *wire.Listener) *wire.Conn {
	t.Helper()
	c, err := l.DialContext(t.Context(), "tcp", "ignored:1")
	if err != nil {
		t.Fatal(err)
	}
	return c.(*wire.Conn)
}

// accept takes a connection or ends the test.
func accept(t testing.TB, l *wire.Listener) *wire.Conn {
	t.Helper()
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return c.(*wire.Conn)
}

func TestListenerConnectsDialersInOrder(t *testing.T) {
	l := wire.Listen()
	first, second := dial(t, l), dial(t, l)
	write(t, first, "first")
	write(t, second, "second")
	for i, want := range []string{"first", "second"} {
		server := accept(t, l)
		reads(t, server, want, nil)
		equal(t, "server", server.LocalAddr(), l.Addr())
		equal[net.Addr](t, "client", server.RemoteAddr(), wire.Addr([]string{"client:1", "client:2"}[i]))
	}
}

func TestListenerOptionsDescribeItsConnections(t *testing.T) {
	l := wire.Listen()
	l.Options = wire.Options{
		Buffer: 2, ServerReads: wire.ByteByByte, ClientAddr: wire.Addr("c"), ServerAddr: wire.Addr("s"),
	}
	client := dial(t, l)
	write(t, client, "ab")
	server := accept(t, l)
	reads(t, server, "a", nil)
	equal[net.Addr](t, "listener", l.Addr(), wire.Addr("s"))
	equal[net.Addr](t, "server", client.RemoteAddr(), wire.Addr("s"))
	equal[net.Addr](t, "client", server.RemoteAddr(), wire.Addr("c"))
}

func TestAcceptWaitsForADialer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := wire.Listen()
		began := time.Now()
		time.AfterFunc(time.Hour, func() { dial(t, l).Close() })
		reads(t, accept(t, l), "", io.EOF)
		equal(t, "virtual time", time.Since(began), time.Hour)
	})
}

func TestDialingWaitsWhenTooManyAreNotAccepted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := wire.Listen()
		for range 1024 {
			dial(t, l)
		}
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		_, err := l.DialContext(ctx, "", "")
		fails(t, "dial", err, context.DeadlineExceeded)
		equal(t, "virtual time", time.Since(began), time.Hour)
		equal(t, "a timeout", err.(net.Error).Timeout(), true)

		time.AfterFunc(time.Hour, func() { accept(t, l) })
		dial(t, l)
		equal(t, "virtual time", time.Since(began), 2*time.Hour)
	})
}

func TestDialingWithAnEndedContextFails(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := wire.Listen().DialContext(ctx, "", "")
	fails(t, "dial", err, context.Canceled)
}

func TestClosedListenerRefuses(t *testing.T) {
	l := wire.Listen()
	accepted := dial(t, l)
	server := accept(t, l)
	pending := dial(t, l)
	fails(t, "close", l.Close(), nil)
	fails(t, "close", l.Close(), net.ErrClosed)

	_, err := l.Accept()
	fails(t, "accept", err, net.ErrClosed)
	_, err = l.DialContext(t.Context(), "", "")
	fails(t, "dial", err, syscall.ECONNREFUSED)
	reads(t, pending, "", syscall.ECONNRESET)

	write(t, accepted, "goes on")
	reads(t, server, "goes on", nil)
}

func TestClosingAListenerWakesWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		empty, full := wire.Listen(), wire.Listen()
		for range 1024 {
			dial(t, full)
		}
		var both sync.WaitGroup
		both.Go(func() {
			_, err := empty.Accept()
			fails(t, "accept", err, net.ErrClosed)
		})
		both.Go(func() {
			_, err := full.DialContext(t.Context(), "", "")
			fails(t, "dial", err, syscall.ECONNREFUSED)
		})
		synctest.Wait()
		empty.Close()
		full.Close()
		both.Wait()
	})
}

// closingContext closes a listener while it is being dialed: at the last moment, when
// DialContext asks what to wait for.
type closingContext struct {
	context.Context
	listener *wire.Listener
}

func (c closingContext) Done() <-chan struct{} {
	c.listener.Close()
	return nil
}

func TestNoDialerIsForgottenWhenTheListenerCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // which panics if a Read waits forever
		for range 100 {
			l := wire.Listen()
			c, err := l.DialContext(closingContext{t.Context(), l}, "", "")
			if err != nil {
				fails(t, "dial", err, syscall.ECONNREFUSED)
				continue
			}
			reads(t, c, "", syscall.ECONNRESET)
		}
	})
}
