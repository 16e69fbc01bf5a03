package conformance

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/wsflow/wsflow/protocol"
)

// A Play is a case while it is played. Its methods send to the endpoint and expect of it; the first thing that is not as
// expected decides the case, and after it they do nothing. They are called from one goroutine.
//
// Besides what is expected, every frame of the endpoint has to be legal where it stands: mask, RSV bits, opcode, the encoding of its length,
// the order of fragments, UTF-8, close code and reason, and nothing after the close frame. Pings of the endpoint are answered, and otherwise ignored.
type Play struct {
	setup
	nc      net.Conn
	unread  []byte        // what came behind the head of the handshake
	request *http.Request // of a client under test
	inbox   *inbox        // nil before the handshake is done
	record  *record
	keys    uint32
	partial bool // we have sent a part of a frame only
	mute    bool // pings are not answered
	closed  bool // our close frame is sent
	deaf    bool // nothing is read yet
	failed  string

	agreed      *agreement // on compression, nil if there is none
	deflation   *deflation
	compression *Compression // nil if the case is not about it
}

// A setup is what plays with one endpoint have in common.
type setup struct {
	server  bool // the endpoint is one
	host    string
	target  string
	header  http.Header
	timeout time.Duration
	pause   time.Duration
	context context.Context                             // a Play lives as long as one call
	dial    func(ctx context.Context) (net.Conn, error) // of a server
}

const (
	defaultTimeout = 2 * time.Second
	// patience is how long deadlines of the endpoint's own are waited for.
	patience = 3 * time.Minute
)

// Fail decides that the case is not passed.
func (p *Play) Fail(format string, args ...any) {
	if p.failed == "" {
		p.failed = fmt.Sprintf(format, args...)
	}
}

func (p *Play) over() bool { return p.failed != "" }

// Send writes frames, all in one write.
func (p *Play) Send(frames ...Frame) { p.SendInPieces(0, frames...) }

// SendInPieces writes frames in pieces of n bytes, each of which travels by itself if the network lets it. 0 is one piece.
func (p *Play) SendInPieces(n int, frames ...Frame) {
	if p.over() {
		return
	}
	var b []byte
	for _, f := range frames {
		if f.Opcode == protocol.OpClose {
			p.closed = true
		}
		if f.RSV == protocol.RSV1 && f.Opcode.IsData() && p.compression != nil {
			p.compression.FromSuite++
		}
		b = f.appendTo(b, p.server, p.key())
		p.record.sent(f.String(), n)
	}
	p.write(b, n)
}

// Begin writes the header of a frame and the given part of its payload, with which the payload begins. It is for frames of which the rest is to
// come later, with [Play.Write], or never.
func (p *Play) Begin(f Frame, part []byte) {
	if p.over() {
		return
	}
	if f.Claim == 0 {
		f.Claim = uint64(len(f.Payload))
	}
	f.Payload = part
	p.partial = true
	p.record.sent(f.String(), 0)
	p.write(f.appendTo(nil, p.server, p.key()), 0)
}

// Write writes bytes as they are.
func (p *Play) Write(b []byte) {
	if p.over() {
		return
	}
	p.record.sent("bytes "+shown(b), 0)
	p.write(b, 0)
}

// write cuts b into pieces. An endpoint that does not take them all may have said why: that is for what
// is expected next to find out.
func (p *Play) write(b []byte, n int) {
	if n == 0 {
		n = len(b)
	}
	for len(b) > 0 {
		piece := b[:min(n, len(b))]
		b = b[len(piece):]
		_ = p.nc.SetWriteDeadline(time.Now().Add(p.timeout))
		if _, err := p.nc.Write(piece); err != nil {
			p.record.note("writing failed: " + err.Error())
			return
		}
		if p.pause > 0 && len(b) > 0 {
			time.Sleep(p.pause)
		}
	}
}

// keyStep changes all four bytes of a key.
const keyStep = 0x9E3779B9

// key returns a mask key that differs from frame to frame.
func (p *Play) key() [4]byte {
	p.keys += keyStep
	var key [4]byte
	binary.BigEndian.PutUint32(key[:], p.keys)
	return key
}

// CloseWrite ends our half of the connection without a close frame.
func (p *Play) CloseWrite() {
	if p.over() {
		return
	}
	half, ok := p.nc.(interface{ CloseWrite() error })
	if !ok {
		p.Fail("the suite's connection has no half to close: %T", p.nc)
		return
	}
	p.record.note("the suite ends its half of the connection")
	if err := half.CloseWrite(); err != nil {
		p.record.note("ending it failed: " + err.Error())
	}
}

// listen starts to take note of what the endpoint sends. unread is what it has sent behind its part of the handshake.
func (p *Play) listen() {
	if p.over() || p.deaf {
		return
	}
	p.inbox = newInbox()
	var judge referee
	if p.agreed != nil {
		judge.inflation = newInflation(p.agreed.endpoint)
	}
	go p.inbox.read(p.nc, p.unread, !p.server, p.record, judge)
}

// await returns the next event that is not a ping.
func (p *Play) await(what string, within time.Duration) (event, bool) {
	if p.over() {
		return event{}, false
	}
	if p.inbox == nil {
		p.Fail("expected %s before the opening handshake", what)
		return event{}, false
	}
	until := time.Now().Add(max(within, patience)) // also if the endpoint sends pings, or a message, without end
	for {
		e, err := p.inbox.take(p.context, within, until)
		switch {
		case errors.Is(err, errSilent):
			p.Fail("expected %s, and it did not come within %v", what, within)
			return event{}, false
		case err != nil:
			p.Fail("expected %s: %v", what, err)
			return event{}, false
		case e.op == protocol.OpPing && e.broken == "" && e.end == nil:
			if !p.partial && !p.mute && !p.closed {
				p.Send(Frame{Opcode: protocol.OpPong, Payload: e.payload})
			}
			continue
		}
		switch {
		case e.compressed:
			p.compression.FromEndpoint++
		case p.compression != nil && e.op.IsData() && e.broken == "" && e.end == nil:
			p.compression.Plain++
		}
		return e, true
	}
}

// hangUp ends the connection, once nothing more is to be seen.
func (p *Play) hangUp() {
	_ = p.nc.Close()
	if p.inbox != nil {
		<-p.inbox.done
	}
}
