package wstest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/upgrade"
)

const (
	// grace is how long what a test leaves open may take to end by itself.
	grace = time.Second
	// patience is how long goroutines may take to end once their connections are gone.
	patience = 5 * time.Second
	// handshakeTime bounds what comes before frames.
	handshakeTime = 10 * time.Second
)

var errChunkedTCP = errors.New("wstest: chunking and buffer are for wires in memory")

type dialFunc = func(ctx context.Context, network, addr string) (net.Conn, error)

// dialTo dials one address, whatever is asked for.
func dialTo(addr net.Addr) dialFunc {
	return func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, addr.Network(), addr.String())
	}
}

// A Server is an HTTP server that a test reaches over a [Wire]. It lives until the test ends.
type Server struct {
	tb        testing.TB // nil for the server of a Request
	wire      Wire
	host      string
	http      *http.Server
	listener  net.Listener
	dial      dialFunc
	network   *network // nil for a wire without faults
	clientTLS *tls.Config
	transport *http.Transport
	crew      crew

	mu    sync.Mutex
	conns map[net.Conn]struct{} // the ends of both sides
	down  bool
}

// NewServer starts a server over a wire, of which it takes none (memory) or one.
//
// When the test ends, the connections that are still open are cut, and the test fails if a goroutine that
// the server started, for a connection or in a handler, is still at work 5 s later.
func NewServer(tb testing.TB, h http.Handler, over ...Wire) *Server {
	tb.Helper()
	s, err := newServer(tb, h, theWire(over))
	if err != nil {
		tb.Fatalf("wstest: NewServer: %v", err)
	}
	tb.Cleanup(func() {
		tb.Helper()
		s.cut()
		if left := s.close(); left != "" {
			tb.Errorf("wstest: goroutines of the server are left:\n%s", left)
		}
	})
	return s
}

func theWire(over []Wire) Wire {
	switch len(over) {
	case 0:
		return Wire{}
	case 1:
		return over[0]
	}
	panic("wstest: a server takes at most one Wire")
}

// newServer starts a server, with the test's log if there is a test.
func newServer(tb testing.TB, h http.Handler, w Wire) (*Server, error) {
	listener, dial, bad, err := w.listen()
	if err != nil {
		return nil, err
	}
	serverTLS, clientTLS, err := w.secure()
	if err != nil {
		_ = listener.Close()
		bad.end()
		return nil, err
	}
	s := &Server{
		wire: w, host: w.host(listener), listener: listener, dial: dial, network: bad, clientTLS: clientTLS,
		crew: newCrew(), conns: make(map[net.Conn]struct{}),
	}
	s.http = &http.Server{Handler: h, ReadHeaderTimeout: handshakeTime, MaxHeaderBytes: 64 << 10, ConnState: s.connState}
	s.transport = &http.Transport{DialContext: s.dialTracked, TLSClientConfig: clientTLS.Clone()}
	if serverTLS != nil {
		listener = tls.NewListener(listener, serverTLS)
	}
	if tb != nil {
		s.tb = tb
		s.http.ErrorLog = log.New(testLog{s}, "", 0)
	}
	s.crew.start(func() { _ = s.http.Serve(listener) })
	return s, nil
}

// A testLog takes what http.Server has to say, such as the stack of a handler that panicked, to the test.
type testLog struct{ s *Server }

func (l testLog) Write(line []byte) (int, error) {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	if !l.s.down { // a test that is over has no log
		l.s.tb.Logf("%s", line)
	}
	return len(line), nil
}

// URL returns the ws or wss URL of a path on the server, such as "/chat?room=1".
func (s *Server) URL(path string) string { return s.wire.scheme("ws") + "://" + s.host + path }

// HTTPURL returns the http or https URL of a path on the server, for [Server.Client].
func (s *Server) HTTPURL(path string) string { return s.wire.scheme("http") + "://" + s.host + path }

// Addr returns the address that clients reach the server at: the one it listens on, or, over TCP with [Wire].Faults, that of what has
// them.
func (s *Server) Addr() net.Addr {
	if s.network != nil && s.network.addr != nil {
		return s.network.addr
	}
	return s.listener.Addr()
}

// Dialer returns a new Dialer that reaches the server whatever host a URL names. Its fields are the
// test's to set, but for DialContext and TLS.
func (s *Server) Dialer() *upgrade.Dialer {
	return &upgrade.Dialer{DialContext: s.dialTracked, TLS: s.clientTLS.Clone()}
}

// Dial connects to a path, and fails the test if the server refuses. It is for plain cases; others
// take a [Server.Dialer].
func (s *Server) Dial(path string) *upgrade.Conn {
	s.tb.Helper()
	c, _, err := s.Dialer().Dial(context.Background(), s.URL(path))
	if err != nil {
		s.tb.Fatalf("wstest: Dial %s: %v", path, err)
	}
	return c
}

// Probe connects to a path and serves the client's end with a new probe, so that a test may have many clients
// of one server. The server's handler may not be at work yet when Probe returns: a test that depends on it (a
// room that was joined) expects a word of it first, or calls [testing/synctest.Wait].
func (s *Server) Probe(path string) *WSProbe {
	s.tb.Helper()
	probe := NewWSProbe(s.tb)
	conn := s.Dial(path)
	begun := make(chan struct{})
	s.crew.start(func() {
		_ = conn.Run(context.Background(), func(in flow.Source[message.Message]) flow.Source[message.Message] {
			defer close(begun)
			return probe.Flow()(in)
		})
	})
	<-begun
	return probe
}

// Client returns a client for ordinary requests. It reaches the server whatever host a URL names.
func (s *Server) Client() *http.Client { return &http.Client{Transport: s.transport} }

// RawDial opens a connection for the test to write bytes to. Over TLS its handshake is done.
func (s *Server) RawDial() net.Conn {
	s.tb.Helper()
	nc, err := s.rawDial()
	if err != nil {
		s.tb.Fatalf("wstest: RawDial: %v", err)
	}
	return nc
}

func (s *Server) rawDial() (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), handshakeTime)
	defer cancel()
	nc, err := s.dialTracked(ctx, "tcp", s.host)
	if err != nil || s.clientTLS == nil {
		return nc, err
	}
	secure := tls.Client(nc, s.clientTLS.Clone())
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = nc.Close()
		return nil, err
	}
	return secure, nil
}

// dialTracked opens a connection that is cut with the others.
func (s *Server) dialTracked(ctx context.Context, network, addr string) (net.Conn, error) {
	nc, err := s.dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	if !s.track(nc) {
		return nil, fmt.Errorf("wstest: dial: %w", net.ErrClosed)
	}
	return nc, nil
}

// connState takes note of the connections that the server accepts. It does not hear of the end of those that
// are hijacked.
func (s *Server) connState(nc net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.track(nc)
	case http.StateClosed:
		s.mu.Lock()
		delete(s.conns, nc)
		s.mu.Unlock()
	default:
	}
}

func (s *Server) track(nc net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		_ = nc.Close()
		return false
	}
	s.conns[nc] = struct{}{}
	return true
}

// cut ends all connections as a network does that breaks.
func (s *Server) cut() {
	s.mu.Lock()
	s.down = true
	conns := s.conns
	s.conns = nil
	s.mu.Unlock()
	for nc := range conns {
		_ = nc.Close()
	}
}

// shut ends the server, but not the connections that it has handed over.
func (s *Server) shut() {
	_ = s.http.Close()
	s.network.shut()
	s.transport.CloseIdleConnections()
}

// close ends the server, and returns the stacks of the goroutines that do not end with it. Connections that
// have their closing before them get a grace for it.
func (s *Server) close() string {
	defer s.network.end()
	s.shut()
	if s.crew.await(grace) == "" {
		return ""
	}
	s.cut()
	s.network.end()
	return s.crew.await(patience)
}
