package wstest

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/wsflow/wsflow/protocol"
)

// A Peer is an end of a connection that a test plays frame by frame. It answers nothing by itself, neither pings nor
// closings, and it does not judge what it reads. It is for tests of the protocol; those of handlers take a [WSProbe].
//
// Its methods fail the test at once if what they expect is not what comes, and are called from the goroutine of the test.
type Peer struct {
	// Timeout is how long reading and writing may take. 0 means 3 s.
	Timeout time.Duration

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

// Peer connects to a path with the opening handshake, with up to one set of header fields, and returns the client's
// end. It fails the test if the server refuses.
func (s *Server) Peer(path string, header ...http.Header) *Peer {
	s.tb.Helper()
	ask := &protocol.ClientHandshake{Host: s.host, Target: path, Key: protocol.NewKey()}
	for _, h := range header {
		ask.Header = protocol.Header(h)
	}
	head, err := ask.AppendRequest(nil)
	if err != nil {
		s.tb.Fatalf("wstest: Peer %s: %v", path, err)
	}
	p := NewPeer(s.tb, s.RawDial(), protocol.Client, nil)
	p.Write(head)
	answer, err := p.readAnswer()
	if err == nil {
		_, _, err = ask.CheckResponse(answer)
	}
	if err != nil {
		s.tb.Fatalf("wstest: Peer %s: %v", path, err)
	}
	return p
}

// AcceptPeer does the opening handshake of a server's handler, and returns the server's end. The handler may
// return; it hands the Peer to the goroutine of the test.
func AcceptPeer(tb testing.TB, w http.ResponseWriter, r *http.Request) (*Peer, error) {
	offer, err := protocol.CheckRequest(&protocol.Request{
		Method: r.Method, Target: r.RequestURI, Proto: r.Proto, Host: r.Host, Header: protocol.Header(r.Header),
	})
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return nil, err
	}
	nc, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, err
	}
	glued := make([]byte, rw.Reader.Buffered())
	if _, err := io.ReadFull(rw, glued); err != nil {
		return nil, err
	}
	head, err := protocol.AppendResponse(nil, offer.Key, "", nil, nil)
	if err != nil {
		return nil, err
	}
	p := NewPeer(tb, nc, protocol.Server, glued)
	if _, err := nc.Write(head); err != nil {
		return nil, err
	}
	return p, nil
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

// ReadFrame waits for the next frame, of any kind, and returns it.
func (p *Peer) ReadFrame() Frame {
	p.tb.Helper()
	f, err := p.TryReadFrame()
	if err != nil {
		p.tb.Fatalf("wstest: Peer: expected a frame, got %v", err)
	}
	return f
}

// TryReadFrame is ReadFrame for a test that goes on without one. The error is [io.EOF] if the peer has ended the
// connection in good order, and [io.ErrUnexpectedEOF] if it did so inside a frame. It may be called
// from any goroutine that alone reads.
func (p *Peer) TryReadFrame() (Frame, error) {
	_ = p.nc.SetReadDeadline(time.Now().Add(p.timeout()))
	for {
		f, n, err := parseFrame(p.buf, p.otherRole())
		if err == nil {
			p.buf = p.buf[n:]
			return f, nil
		}
		if !errors.Is(err, protocol.ErrShort) {
			return Frame{}, err
		}
		if err := p.fill(); err != nil {
			return Frame{}, err
		}
	}
}

// ExpectFrame waits for the next frame, which has to be this one.
func (p *Peer) ExpectFrame(want Frame) {
	p.tb.Helper()
	got, err := p.TryReadFrame()
	switch {
	case err != nil:
		p.tb.Fatalf("wstest: Peer: expected %v, got %v", want, err)
	case !got.equal(want):
		p.tb.Fatalf("wstest: Peer: expected %v, got %v", want, got)
	}
}

// ExpectText waits for the next frame, which has to be this text as a whole message.
func (p *Peer) ExpectText(want string) {
	p.tb.Helper()
	p.ExpectFrame(TextFrame(want))
}

// ExpectClose waits for a close frame with this code and returns its reason. Frames before it fail the test.
func (p *Peer) ExpectClose(want protocol.CloseCode) (reason string) {
	p.tb.Helper()
	f, err := p.TryReadFrame()
	if err != nil {
		p.tb.Fatalf("wstest: Peer: expected a close frame with %v, got %v", want, err)
	}
	code, reason, err := protocol.ParseClosePayload(f.Payload)
	if f.Opcode != protocol.OpClose || err != nil || code != want {
		p.tb.Fatalf("wstest: Peer: expected a close frame with %v, got %v (%v %q)", want, f, code, reason)
	}
	return reason
}

// ExpectEOF waits until the peer ends the connection, with nothing before it.
func (p *Peer) ExpectEOF() {
	p.tb.Helper()
	f, err := p.TryReadFrame()
	if err == nil {
		p.tb.Fatalf("wstest: Peer: expected the end of the connection, got %v", f)
	}
	if !errors.Is(err, io.EOF) {
		p.tb.Fatalf("wstest: Peer: expected the end of the connection, got %v", err)
	}
}

// ExpectNothing waits for d, in which neither a byte nor the end may come.
func (p *Peer) ExpectNothing(d time.Duration) {
	p.tb.Helper()
	if len(p.buf) > 0 {
		p.tb.Fatalf("wstest: Peer: expected nothing within %v, got %q", d, p.buf)
	}
	_ = p.nc.SetReadDeadline(time.Now().Add(d))
	err := p.fill()
	if t, ok := errors.AsType[net.Error](err); ok && t.Timeout() {
		return
	}
	p.tb.Fatalf("wstest: Peer: expected nothing within %v, got %q, error %v", d, p.buf, err)
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

// readAnswer reads the response to the opening handshake.
func (p *Peer) readAnswer() (*protocol.Response, error) {
	_ = p.nc.SetReadDeadline(time.Now().Add(p.timeout()))
	for {
		answer, n, err := protocol.ParseResponse(p.buf, protocol.DefaultMaxHead)
		if err == nil {
			p.buf = p.buf[n:]
			return answer, nil
		}
		if !errors.Is(err, protocol.ErrShort) {
			return nil, fmt.Errorf("%w in %q", err, p.buf)
		}
		if err := p.fill(); err != nil {
			return nil, fmt.Errorf("%w after %q", err, p.buf)
		}
	}
}

// fill reads more. The deadline is the caller's.
func (p *Peer) fill() error {
	chunk := make([]byte, 4<<10)
	n, err := p.nc.Read(chunk)
	p.buf = append(p.buf, chunk[:n]...)
	switch {
	case n > 0:
		return nil
	case errors.Is(err, io.EOF) && len(p.buf) > 0:
		return io.ErrUnexpectedEOF
	}
	return err
}

func (p *Peer) otherRole() protocol.Role {
	if p.role == protocol.Client {
		return protocol.Server
	}
	return protocol.Client
}

func (p *Peer) timeout() time.Duration {
	if p.Timeout == 0 {
		return defaultTimeout
	}
	return p.Timeout
}
