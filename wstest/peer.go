package wstest

import (
	"net"
	"testing"
	"time"

	"github.com/wsflow/wsflow/protocol"
)

// A Peer is an end of a connection that a test plays frame by frame. It answers nothing by itself, neither pings nor
// closings, and it does not judge what it reads. It is for tests of the protocol; those of handlers take a [WSProbe].
//
// Its methods fail the test at once if what they expect is not what comes, and are called from the goroutine of
// the test.
type Peer struct {
	// Timeout is how long reading and writing may take. 0 means 3 s.
	Timeout time.Duration

	// Response is what [Server.Peer] was answered.
	Response *protocol.Response

	tb   testing.TB
	nc   net.Conn
	role protocol.Role
	buf  []byte // what was read and not yet consumed
}

// NewPeer plays the given end of a connection whose opening handshake is done. glued is what has been read of it
// already. The connection is cut when the test ends.
func NewPeer(tb testing.TB, nc net.Conn, role protocol.Role, glued []byte) *Peer {
	tb.Cleanup(func() { _ = nc.Close() })
	return &Peer{tb: tb, nc: nc, role: role, buf: glued}
}

// Peer connects to a path with the opening handshake, and returns the client's end. ask, of which there is none
// or one, says what the handshake offers; its Target and Key, and Host if it is empty, are filled in. It fails
// the test if the server refuses.
func (s *Server) Peer(path string, ask ...protocol.ClientHandshake) *Peer {
	s.tb.Helper()
	var hello protocol.ClientHandshake
	if len(ask) > 0 {
		hello = ask[0]
	}
	hello.Target, hello.Key = path, protocol.NewKey()
	if hello.Host == "" {
		hello.Host = s.host
	}
	head, err := hello.AppendRequest(nil)
	if err != nil {
		s.tb.Fatalf("wstest: Peer %s: %v", path, err)
	}
	p := NewPeer(s.tb, s.RawDial(), protocol.Client, nil)
	p.Write(head)
	p.Response, err = p.readAnswer()
	if err == nil {
		_, _, err = hello.CheckResponse(p.Response)
	}
	if err != nil {
		s.tb.Fatalf("wstest: Peer %s: %v", path, err)
	}
	return p
}

// Conn returns the connection below. What the Peer has read of it already is not read again.
func (p *Peer) Conn() net.Conn { return p.nc }

// Write writes bytes as they are.
func (p *Peer) Write(b []byte) {
	p.tb.Helper()
	_ = p.nc.SetWriteDeadline(time.Now().Add(p.timeout()))
	if n, err := p.nc.Write(b); err != nil {
		p.tb.Fatalf("wstest: Peer: write took %d of %d bytes: %v", n, len(b), err)
	}
}

// WriteFrames writes frames, all in one write.
func (p *Peer) WriteFrames(frames ...Frame) {
	p.tb.Helper()
	var b []byte
	for _, f := range frames {
		b = f.Append(b, p.role)
	}
	p.Write(b)
}

// WriteText writes a text message of one frame.
func (p *Peer) WriteText(s string) {
	p.tb.Helper()
	p.WriteFrames(TextFrame(s))
}

// WriteClose writes a close frame, as [CloseFrame] makes it.
func (p *Peer) WriteClose(code protocol.CloseCode, reason string) {
	p.tb.Helper()
	p.WriteFrames(CloseFrame(code, reason))
}

// Cut ends the connection without a close frame, as a network does that breaks.
func (p *Peer) Cut() { _ = p.nc.Close() }

// CloseWrite ends our half of the connection; the other half goes on.
func (p *Peer) CloseWrite() {
	p.tb.Helper()
	half, ok := p.nc.(interface{ CloseWrite() error })
	if !ok {
		p.tb.Fatalf("wstest: Peer: %T has no half to close", p.nc)
	}
	if err := half.CloseWrite(); err != nil {
		p.tb.Fatalf("wstest: Peer: %v", err)
	}
}
