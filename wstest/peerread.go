package wstest

import (
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/wsflow/wsflow/protocol"
)

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
	var err error
	for err == nil && len(p.buf) == 0 {
		err = p.fill()
	}
	if t, ok := errors.AsType[net.Error](err); ok && t.Timeout() {
		return
	}
	p.tb.Fatalf("wstest: Peer: expected nothing within %v, got %q, error %v", d, p.buf, err)
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
