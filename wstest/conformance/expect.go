package conformance

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/wsflow/wsflow/protocol"
)

// ExpectMessage waits for a message, which has to be this one, in any number of fragments.
func (p *Play) ExpectMessage(op protocol.Opcode, payload []byte) {
	want := event{op: op, payload: payload}
	e, ok := p.await(want.String(), p.timeout)
	if ok && !same(e, want) {
		p.Fail("expected %v, got %v%s", want, e, difference(e, want))
	}
}

// ExpectPong waits for a pong with this payload.
func (p *Play) ExpectPong(payload []byte) { p.ExpectMessage(protocol.OpPong, payload) }

// ExpectClose waits for a close frame with one of these codes, CloseNoStatus for an empty one. Its reason may be any.
func (p *Play) ExpectClose(codes ...protocol.CloseCode) {
	what := code(codes).String()
	e, ok := p.await(what, p.timeout)
	if ok && !isClose(e, codes) {
		p.Fail("expected %s, got %v", what, e)
	}
}

// ExpectEnd waits for the end of the connection, which a server brings about, and a client once it has read that the suite has.
func (p *Play) ExpectEnd() {
	if p.over() {
		return
	}
	const what = "the end of the connection"
	if !p.server {
		if half, ok := p.nc.(interface{ CloseWrite() error }); ok {
			_ = half.CloseWrite()
		}
	}
	if e, ok := p.await(what, p.timeout); ok && (e.end == nil || e.broken != "") {
		p.Fail("expected %s, got %v", what, e)
	}
}

// ExpectFailure waits until the endpoint fails the connection: a close frame with one of these codes, with nothing before it but what was
// expected, and then the end of the connection.
func (p *Play) ExpectFailure(codes ...protocol.CloseCode) {
	p.ExpectClose(codes...)
	if p.over() {
		return
	}
	if !p.closed && !p.partial {
		p.Send(closeFrame(codes[0], "")) // for one that waits for it
	}
	p.ExpectEnd()
}

// expectFailureOrEnd is ExpectFailure for endpoints that may leave out the close frame.
func (p *Play) expectFailureOrEnd(codes ...protocol.CloseCode) {
	what := code(codes).String() + " or the end of the connection"
	e, ok := p.await(what, p.timeout)
	switch {
	case !ok, e.end != nil && e.broken == "":
	case !isClose(e, codes):
		p.Fail("expected %s, got %v", what, e)
	default:
		p.Send(closeFrame(codes[0], "")) // for one that waits for it
		p.ExpectEnd()
	}
}

// ExpectCut waits for the end of the connection. A close frame may come before it, but no message.
func (p *Play) ExpectCut() {
	const what = "the end of the connection, and no message before it"
	for {
		e, ok := p.await(what, p.timeout)
		switch {
		case !ok:
			return
		case e.broken != "" || e.end == nil && e.op != protocol.OpClose:
			p.Fail("expected %s, got %v", what, e)
			return
		case e.end != nil:
			return
		}
	}
}

// Close holds the closing handshake with code 1000.
func (p *Play) Close() {
	p.Send(closeFrame(protocol.CloseNormal, ""))
	p.ExpectClose(protocol.CloseNormal)
	p.ExpectEnd()
}

func same(e, want event) bool {
	return e.broken == "" && e.end == nil && e.op == want.op && bytes.Equal(e.payload, want.payload)
}

func isClose(e event, codes []protocol.CloseCode) bool {
	return e.broken == "" && e.end == nil && e.op == protocol.OpClose && slices.Contains(codes, e.code)
}

// difference tells where a message differs, if that is not to be seen.
func difference(got, want event) string {
	if got.broken != "" || got.end != nil || got.op != want.op || len(want.payload) < 32 {
		return ""
	}
	for i := range min(len(got.payload), len(want.payload)) {
		if got.payload[i] != want.payload[i] {
			return fmt.Sprintf(" (they differ at byte %d)", i)
		}
	}
	return ""
}

// A code is one close code, or several of which any will do.
type code []protocol.CloseCode

var (
	normal      = code{protocol.CloseNormal}
	violation   = code{protocol.CloseProtocolError}
	notText     = code{protocol.CloseInvalidPayload}
	tooBig      = code{protocol.CloseMessageTooBig}
	tooMany     = code{protocol.ClosePolicyViolation, protocol.CloseMessageTooBig}
	tooSlow     = code{protocol.ClosePolicyViolation}
	withoutCode = code{protocol.CloseNoStatus}
)

func (c code) String() string {
	var names []string
	for _, code := range c {
		if code == protocol.CloseNoStatus {
			names = append(names, "an empty Close")
		} else {
			names = append(names, fmt.Sprintf("Close %d", code))
		}
	}
	return strings.Join(names, " or ")
}
