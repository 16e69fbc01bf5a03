package upgrade_test

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/internal/wire"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

type (
	source  = flow.Source[message.Message]
	handler = upgrade.Handler
)

// echo has one synchronous operator.
func echo(in source) source {
	return flow.Map(in, func(m message.Message) message.Message { return m })
}

// onWires runs a test over memory, in virtual time and at three chunkings, over TCP and over TLS.
func onWires(t *testing.T, test func(t *testing.T, w wstest.Wire)) {
	t.Helper()
	for _, w := range []struct {
		name string
		wire wstest.Wire
	}{
		{"memory", wstest.Wire{}},
		{"memory byte by byte", wstest.Wire{ServerReads: wstest.ByteByByte, ClientReads: wstest.ByteByByte}},
		{"memory at random", wstest.Wire{ServerReads: wstest.AtRandom(1), ClientReads: wstest.AtRandom(2)}},
	} {
		t.Run(w.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { test(t, w.wire) })
		})
	}
	for _, w := range []wstest.Wire{{TCP: true}, {TCP: true, TLS: true}} {
		t.Run(w.String(), func(t *testing.T) { test(t, w) })
	}
}

// A peer is a client that says what the test wants, right or wrong, and puts fragments together.
type peer struct {
	*wstest.Peer
	t *testing.T
}

// connect opens a connection to path and holds the handshake.
func connect(t *testing.T, s *wstest.Server, path string) *peer {
	t.Helper()
	p := &peer{Peer: s.Peer(path), t: t}
	p.Timeout = time.Minute
	if _, virtual := p.Conn().(*wire.Conn); virtual {
		p.Timeout = 48 * time.Hour
	}
	return p
}

// frame sends one frame.
func (p *peer) frame(op protocol.Opcode, payload string, fin bool) {
	p.t.Helper()
	p.WriteFrames(wstest.Frame{Opcode: op, Payload: []byte(payload), More: !fin})
}

func (p *peer) text(s string) { p.t.Helper(); p.WriteText(s) }

func (p *peer) close(code upgrade.CloseCode, reason string) { p.t.Helper(); p.WriteClose(code, reason) }

// hangUp ends the connection without a close frame.
func (p *peer) hangUp() { _ = p.Conn().Close() }

// next returns the next control frame, or the next message whole.
func (p *peer) next() (wstest.Frame, error) {
	var whole []byte
	for {
		f, err := p.TryReadFrame()
		if err != nil || f.Opcode.IsControl() {
			return f, err
		}
		whole = append(whole, f.Payload...)
		if !f.More {
			return wstest.Frame{Opcode: f.Opcode, Payload: whole}, nil
		}
	}
}

func (p *peer) expectText(want string) {
	p.t.Helper()
	f, err := p.next()
	require.NoError(p.t, err)
	require.False(p.t, f.Opcode.IsControl(), f.String())
	require.Equal(p.t, want, string(f.Payload))
}

// expectPiece expects so much of an open message, in any number of frames.
func (p *peer) expectPiece(want string) {
	p.t.Helper()
	var got string
	for got != want {
		f := p.ReadFrame()
		require.True(p.t, f.More, f.String())
		got += string(f.Payload)
		require.Truef(p.t, strings.HasPrefix(want, got), "want %q, got %q", want, got)
	}
}

func (p *peer) expectPong(want string) {
	p.t.Helper()
	p.ExpectFrame(wstest.Frame{Opcode: protocol.OpPong, Payload: []byte(want)})
}

// expectClose expects the close frame next; the reason "*" is any.
func (p *peer) expectClose(code upgrade.CloseCode, reason string) {
	p.t.Helper()
	if got := p.ExpectClose(code); reason != "*" {
		require.Equal(p.t, reason, got)
	}
}

// expectEOF expects that the server has closed the stream.
func (p *peer) expectEOF() {
	p.t.Helper()
	for {
		if _, err := p.TryReadFrame(); err != nil {
			require.NotErrorIs(p.t, err, os.ErrDeadlineExceeded)
			return
		}
	}
}

// A service serves one handler and tells how each connection ended.
type service struct {
	upgrade.Upgrader
	handler handler
	ended   chan error
}

func serve(h handler, settings upgrade.Settings) *service {
	return &service{Upgrader: upgrade.Upgrader{Settings: settings}, handler: h, ended: make(chan error, 1000)}
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.ended <- s.Serve(w, r, s.handler)
}

// expectEnd waits for the end of a connection and compares the code; 0 means a clean ending.
func (s *service) expectEnd(t *testing.T, code upgrade.CloseCode, fromPeer bool) *upgrade.CloseError {
	t.Helper()
	err := <-s.ended
	if code == 0 {
		require.NoError(t, err)
		return nil
	}
	var closed *upgrade.CloseError
	require.ErrorAs(t, err, &closed)
	require.Equal(t, code, closed.Code, closed.Error())
	require.Equal(t, fromPeer, closed.FromPeer)
	return closed
}
