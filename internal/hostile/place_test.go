package hostile_test

import (
	"context"
	"log"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/internal/wire"
	"github.com/wsflow/wsflow/upgrade"
)

// A place is where a row is played.
type place struct {
	raw bool // by upgrade.Server, or else by http.Server
	tcp bool
	cut func() wire.Chunking
}

var cuts = []struct {
	name string
	cut  func() wire.Chunking
}{
	{"whole", func() wire.Chunking { return wire.Whole }},
	{"byte by byte", func() wire.Chunking { return wire.ByteByByte }},
	{"at random", func() wire.Chunking { return wire.Random(1) }},
}

// A listening is a server's address and the way to it.
type listening interface {
	net.Listener
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// A loopback is a port of the loopback interface. The system holds little on the way, so that what is not read is
// soon felt.
type loopback struct{ net.Listener }

const socketBuffer = 64 << 10

func (l loopback) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return nc, nc.(*net.TCPConn).SetWriteBuffer(socketBuffer)
}

func (l loopback) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	nc, err := new(net.Dialer).DialContext(ctx, "tcp", l.Addr().String())
	if err != nil {
		return nil, err
	}
	return nc, nc.(*net.TCPConn).SetReadBuffer(socketBuffer)
}

func (p place) listen(t *testing.T) listening {
	t.Helper()
	if p.tcp {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		return loopback{l}
	}
	l := wire.Listen()
	l.Options.ServerReads = p.cut()
	l.Options.ClientReads = p.cut()
	return l
}

// everywhere plays a row in every place. In memory time is virtual, and the bubble fails the test if a goroutine
// is left; over TCP goroutines are counted.
func everywhere(t *testing.T, o setup, play func(t *testing.T, s *site)) {
	t.Helper()
	for _, server := range []string{"http.Server", "upgrade.Server"} {
		for _, network := range []string{"memory", "TCP"} {
			for _, c := range cuts {
				p := place{raw: server == "upgrade.Server", tcp: network == "TCP", cut: c.cut}
				if p.tcp && o.virtual {
					continue
				}
				t.Run(server+"/"+network+"/"+c.name, func(t *testing.T) {
					if p.tcp {
						withoutLeak(t, func() { playAt(t, p, o, play) })
						return
					}
					synctest.Test(t, func(t *testing.T) { playAt(t, p, o, play) })
				})
			}
		}
	}
}

func playAt(t *testing.T, p place, o setup, play func(t *testing.T, s *site)) {
	s := newSite(t, p, o)
	defer func() {
		if t.Failed() {
			_ = s.end()
		}
	}()
	play(t, s)
	require.ErrorIs(t, s.end(), http.ErrServerClosed)
}

// withoutLeak waits until no more goroutines run than before.
func withoutLeak(t *testing.T, test func()) {
	t.Helper()
	before := runtime.NumGoroutine()
	test()
	for begun := time.Now(); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Since(begun) > 20*time.Second {
			stacks := make([]byte, 1<<20)
			t.Fatalf("goroutines are left:\n%s", stacks[:runtime.Stack(stacks, true)])
		}
	}
}

// serve serves a handler on l, and returns how that ends.
func (p place) serve(h http.Handler, l net.Listener, headerTimeout time.Duration) (end func() error) {
	served := make(chan error, 1)
	quiet := slog.New(slog.DiscardHandler)
	if p.raw {
		s := &upgrade.Server{Handler: h, ReadHeaderTimeout: headerTimeout, Logger: quiet}
		go func() { served <- s.Serve(l) }()
		return func() error {
			if err := s.Close(); err != nil {
				return err
			}
			return <-served
		}
	}
	s := &http.Server{
		Handler: h, ReadHeaderTimeout: headerTimeout, MaxHeaderBytes: 60 << 10, // and 4 KiB more, which net/http gives to all
		ErrorLog: log.New(nothing{}, "", 0),
	}
	go func() { served <- s.Serve(l) }()
	return func() error {
		if err := s.Close(); err != nil {
			return err
		}
		return <-served
	}
}

type nothing struct{}

func (nothing) Write(p []byte) (int, error) { return len(p), nil }

// A cutConn writes in pieces, and so does a network. Memory cuts what is read by itself.
type cutConn struct {
	net.Conn
	cut wire.Chunking
}

func (c cutConn) Write(p []byte) (n int, err error) {
	for n < len(p) {
		wrote, err := c.Conn.Write(p[n : n+min(max(1, c.cut(len(p)-n)), len(p)-n)])
		n += wrote
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

func (c cutConn) CloseWrite() error { return c.Conn.(interface{ CloseWrite() error }).CloseWrite() }
