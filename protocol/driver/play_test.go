package driver_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/driver"
)

const (
	key    = "dGhlIHNhbXBsZSBub25jZQ=="
	accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

	// hello is a client's request, welcome the answer to it.
	hello = "GET /chat HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Key: " + key + "\r\nSec-WebSocket-Version: 13\r\n\r\n"
	welcome = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: " + accept + "\r\n\r\n"
)

// helloWith is hello with more header lines.
func helloWith(lines ...string) string {
	return strings.TrimSuffix(hello, "\r\n") + strings.Join(lines, "\r\n") + "\r\n\r\n"
}

// sampleMask is the mask key of all clients here, that of RFC 6455, 5.7.
func sampleMask() [4]byte { return [4]byte{0x37, 0xfa, 0x21, 0x3d} }

// A frame's bytes as a client sends them, or a server.
func fromClient(h protocol.FrameHeader, payload string) string {
	h.Masked, h.MaskKey, h.Length = true, sampleMask(), int64(len(payload))
	p := []byte(payload)
	protocol.Mask(p, h.MaskKey, 0)
	return string(append(protocol.AppendFrameHeader(nil, h), p...))
}

func fromServer(h protocol.FrameHeader, payload string) string {
	h.Length = int64(len(payload))
	return string(protocol.AppendFrameHeader(nil, h)) + payload
}

func whole(op protocol.Opcode) protocol.FrameHeader {
	return protocol.FrameHeader{Fin: true, Opcode: op}
}

func part(op protocol.Opcode) protocol.FrameHeader { return protocol.FrameHeader{Opcode: op} }

// closing is the payload of a close frame.
func closing(code protocol.CloseCode, reason string) string {
	return string([]byte{byte(code >> 8), byte(code)}) + reason
}

func newServer(t testing.TB, cfg driver.Config) *driver.Conn {
	t.Helper()
	c, err := driver.NewServer(cfg)
	require.NoError(t, err)
	return c
}

// newClient returns a client with its request, taken from its output.
func newClient(t testing.TB, cfg driver.Config) (*driver.Conn, *protocol.Request) {
	t.Helper()
	if cfg.MaskKey == nil && !cfg.InsecureUnmasked {
		cfg.MaskKey = sampleMask
	}
	c, err := driver.NewClient("ws://example.com/chat", cfg)
	require.NoError(t, err)
	return c, requestOf(t, c)
}

func requestOf(t testing.TB, c *driver.Conn) *protocol.Request {
	t.Helper()
	out := c.Output()
	r, n, err := protocol.ParseRequest(out, 0)
	require.NoError(t, err)
	require.Len(t, out, n)
	return r
}

// welcomeTo is the answer to a client's request, with more header lines.
func welcomeTo(r *protocol.Request, lines ...string) string {
	answer := strings.ReplaceAll(welcome, accept, protocol.AcceptKey(r.Header.Get("Sec-WebSocket-Key")))
	return strings.TrimSuffix(answer, "\r\n") + strings.Join(append(lines, ""), "\r\n") + "\r\n"
}

// openServer returns an open server, openClient an open client; the handshake is over.
func openServer(t testing.TB, cfg driver.Config, lines ...string) *driver.Conn {
	t.Helper()
	c := newServer(t, cfg)
	request := hello
	if len(lines) > 0 {
		request = helloWith(lines...)
	}
	require.Equal(t, []string{"request", "open"}, play(c, request))
	c.Output()
	return c
}

func openClient(t testing.TB, cfg driver.Config, lines ...string) *driver.Conn {
	t.Helper()
	c, r := newClient(t, cfg)
	require.Equal(t, []string{"open"}, play(c, welcomeTo(r, lines...)))
	return c
}

// play gives c the wire in pieces of the sizes, the last of which counts for the rest
// (none: all at once), and returns its events in words. The pieces of a message are
// put together, where its last one stands; a message without an end is left out.
func play(c *driver.Conn, wire string, sizes ...int) []string {
	var t transcript
	t.take(c)
	for wire != "" {
		size := len(wire)
		if len(sizes) > 0 {
			size = min(size, sizes[0])
		}
		if len(sizes) > 1 {
			sizes = sizes[1:]
		}
		p := []byte(wire[:size])
		wire = wire[size:]
		c.Receive(p)
		clear(p) // it is ours again
		t.take(c)
	}
	return t.events
}

// events returns what c tells now.
func events(c *driver.Conn) []string { return play(c, "") }

// A transcript is what a connection has told.
type transcript struct {
	events []string
	open   []byte // the message whose end has not come
}

func (t *transcript) take(c *driver.Conn) {
	for ev, ok := c.Next(); ok; ev, ok = c.Next() {
		t.add(ev)
	}
}

func (t *transcript) add(ev driver.Event) {
	if ev.Type == driver.EventMessage {
		if ev.Start {
			t.open = nil
		}
		t.open = append(t.open, ev.Payload...)
		if !ev.End {
			return
		}
		ev.Payload = t.open
	}
	t.events = append(t.events, words(ev))
}

func words(ev driver.Event) string {
	switch ev.Type {
	case driver.EventMessage:
		return fmt.Sprintf("%v: %s", ev.Opcode, ev.Payload)
	case driver.EventPing, driver.EventPong:
		return fmt.Sprintf("%v: %s", ev.Type, ev.Payload)
	case driver.EventClose:
		return ev.Err.Error()
	}
	return ev.Type.String()
}

// closeError returns how c has ended.
func closeError(t testing.TB, c *driver.Conn) *protocol.CloseError {
	t.Helper()
	require.Equal(t, driver.StateClosed, c.State())
	var e *protocol.CloseError
	require.ErrorAs(t, c.Closed(), &e)
	return e
}

// handshakeError returns why c's opening handshake has failed.
func handshakeError(t testing.TB, c *driver.Conn) *protocol.HandshakeError {
	t.Helper()
	var e *protocol.HandshakeError
	require.ErrorAs(t, c.Closed(), &e)
	require.Equal(t, protocol.CloseProtocolError, closeError(t, c).Code)
	return e
}
