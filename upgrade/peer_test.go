package upgrade_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
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

// A peer is a client that says what the test wants, right or wrong.
type peer struct {
	t      *testing.T
	nc     net.Conn
	writer *protocol.Writer
	reader *protocol.Reader
	buf    []byte // read and not consumed
}

// connect opens a connection to path and holds the handshake.
func connect(t *testing.T, s *wstest.Server, path string) *peer {
	t.Helper()
	p := &peer{
		t: t, nc: s.RawDial(),
		writer: protocol.NewWriter(protocol.Client, nil),
		reader: protocol.NewReader(protocol.ReaderConfig{Role: protocol.Client, MaxMessage: -1}),
	}
	ask := protocol.ClientHandshake{Host: "example.com", Target: path, Key: protocol.NewKey()}
	head, err := ask.AppendRequest(nil)
	require.NoError(t, err)
	p.write(head)
	for {
		answer, n, err := protocol.ParseResponse(p.buf, 0)
		if err == nil {
			_, _, err = ask.CheckResponse(answer)
			require.NoError(t, err)
			p.buf = p.buf[n:]
			return p
		}
		require.ErrorIs(t, err, protocol.ErrShort)
		require.NoError(t, p.read())
	}
}

func (p *peer) write(b []byte) {
	p.t.Helper()
	_, err := p.nc.Write(b)
	require.NoError(p.t, err)
}

// read reads once more, for a minute at the most where time is real.
func (p *peer) read() error {
	buf := make([]byte, 4096)
	if p.nc.RemoteAddr().Network() == "tcp" {
		_ = p.nc.SetReadDeadline(time.Now().Add(time.Minute))
	}
	n, err := p.nc.Read(buf)
	p.buf = append(p.buf, buf[:n]...)
	return err
}

// frame sends one frame; the writer's rules do not hold.
func (p *peer) frame(op protocol.Opcode, payload string, fin bool) {
	p.t.Helper()
	h := protocol.FrameHeader{Fin: fin, Opcode: op, Masked: true, MaskKey: [4]byte{1, 2, 3, 4}, Length: int64(len(payload))}
	b := protocol.AppendFrameHeader(nil, h)
	at := len(b)
	b = append(b, payload...)
	protocol.Mask(b[at:], h.MaskKey, 0)
	p.write(b)
}

func (p *peer) text(s string) { p.t.Helper(); p.frame(protocol.OpText, s, true) }

func (p *peer) close(code upgrade.CloseCode, reason string) {
	p.t.Helper()
	payload, err := protocol.AppendClosePayload(nil, code, reason)
	require.NoError(p.t, err)
	p.frame(protocol.OpClose, string(payload), true)
}

// next returns the next event; messages come whole.
func (p *peer) next() (protocol.Event, error) {
	var whole []byte
	for {
		ev, n, err := p.reader.Next(p.buf)
		whole = append(whole, ev.Payload...)
		p.buf = p.buf[n:]
		switch {
		case errors.Is(err, protocol.ErrShort):
			if err := p.read(); err != nil {
				return protocol.Event{}, err
			}
		case err != nil:
			return protocol.Event{}, err
		case ev.Type != protocol.EventData || ev.End:
			if ev.Type == protocol.EventData {
				ev.Payload = whole
			}
			return ev, nil
		}
	}
}

func (p *peer) expectText(want string) {
	p.t.Helper()
	ev, err := p.next()
	require.NoError(p.t, err)
	require.Equal(p.t, protocol.EventData, ev.Type, "%v %d %s", ev.Type, ev.Code, ev.Reason)
	require.Equal(p.t, want, string(ev.Payload))
}

func (p *peer) expectPong(want string) {
	p.t.Helper()
	ev, err := p.next()
	require.NoError(p.t, err)
	require.Equal(p.t, protocol.EventPong, ev.Type)
	require.Equal(p.t, want, string(ev.Payload))
}

// expectClose expects the close frame as the next event.
func (p *peer) expectClose(code upgrade.CloseCode, reason string) {
	p.t.Helper()
	ev, err := p.next()
	require.NoError(p.t, err)
	require.Equal(p.t, protocol.EventClose, ev.Type)
	require.Equal(p.t, code, ev.Code, ev.Reason)
	if reason != "*" {
		require.Equal(p.t, reason, ev.Reason)
	}
}

// expectEOF expects that the server has closed the stream.
func (p *peer) expectEOF() {
	p.t.Helper()
	for {
		err := p.read()
		if err == nil {
			continue
		}
		if !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
			require.NotErrorIs(p.t, err, errTimeout)
		}
		return
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
