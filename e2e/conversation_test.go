package e2e_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// A conn is the peer's end of a connection. Its methods end the test when something goes wrong.
type conn struct {
	t      *testing.T
	peer   *peer
	number int
}

// dial connects the peer to a server of ours.
func (p *peer) dial(t *testing.T, url string) *conn {
	t.Helper()
	r := p.call(t, request{Op: "connect", URL: url})
	require.Equal(t, 101, r.Status)
	return &conn{t: t, peer: p, number: r.Conn}
}

// A listener is a server of the peer's.
type listener struct {
	peer   *peer
	number int
	url    string
}

// listen makes the peer a server.
func (p *peer) listen(t *testing.T, r request) *listener {
	t.Helper()
	r.Op = "listen"
	answer := p.call(t, r)
	return &listener{peer: p, number: answer.Server, url: answer.URL}
}

// accept returns the server's end of the next connection.
func (l *listener) accept(t *testing.T) *conn {
	t.Helper()
	r := l.peer.call(t, request{Op: "accept", Server: l.number})
	return &conn{t: t, peer: l.peer, number: r.Conn}
}

func (c *conn) call(r request) reply {
	c.t.Helper()
	r.Conn = c.number
	return c.peer.call(c.t, r)
}

func (c *conn) send(text string) {
	c.t.Helper()
	c.call(request{Op: "send", Kind: "text", Text: text})
}

func (c *conn) sendBinary(data []byte) {
	c.t.Helper()
	c.call(request{Op: "send", Kind: "binary", Data: data})
}

// sendParts sends one message in fragments.
func (c *conn) sendParts(kind string, parts ...string) {
	c.t.Helper()
	c.call(request{Op: "send_parts", Kind: kind, Parts: parts})
}

// fragment sends a fragment of a text message.
func (c *conn) fragment(text string, fin bool) {
	c.t.Helper()
	c.call(request{Op: "fragment", Text: text, Fin: fin})
}

// raw sends bytes that the peer's library would not.
func (c *conn) raw(parts ...[]byte) {
	c.t.Helper()
	c.call(request{Op: "raw", Data: bytes.Join(parts, nil)})
}

// ping sends a ping and waits for its pong.
func (c *conn) ping(payload string) {
	c.t.Helper()
	c.call(request{Op: "ping", Text: payload})
}

// close sends a close frame, without a code if it is 0.
func (c *conn) close(code int, reason string) {
	c.t.Helper()
	c.call(request{Op: "close", Code: code, Reason: reason})
}

// leave closes the way the peer's library does it, whatever becomes of the answer.
func (c *conn) leave(code int, reason string) {
	c.t.Helper()
	c.call(request{Op: "leave", Code: code, Reason: reason})
}

// cut ends the connection below.
func (c *conn) cut() {
	c.t.Helper()
	c.call(request{Op: "cut"})
}

func (c *conn) wantText(want string) {
	c.t.Helper()
	r := c.call(request{Op: "receive"})
	require.Equal(c.t, "text", r.Kind, "%d %s", r.Code, r.Reason)
	same(c.t, want, r.Text)
}

func (c *conn) wantBinary(want []byte) {
	c.t.Helper()
	r := c.call(request{Op: "receive"})
	require.Equal(c.t, "binary", r.Kind, "%d %s", r.Code, r.Reason)
	same(c.t, string(want), string(r.Data))
}

// wantFrames reads frames of one message until they have the text, and ends if they never can.
func (c *conn) wantFrames(want string) {
	c.t.Helper()
	got := ""
	for len(got) < len(want) {
		r := c.call(request{Op: "frame"})
		require.False(c.t, r.Fin, "the message has ended with %q", got+r.Text)
		got += r.Text
	}
	require.Equal(c.t, want, got)
}

// wantClosed waits for the end of the connection, before which no more messages come, and compares what the peer
// has seen of it.
func (c *conn) wantClosed(code int, reason string) {
	c.t.Helper()
	c.checkClosed(c.call(request{Op: "receive"}), code, reason)
}

// wantClosedInside is wantClosed inside a message, of which some has come.
func (c *conn) wantClosedInside(part string, code int, reason string) {
	c.t.Helper()
	r := c.call(request{Op: "receive"})
	if r.Kind == "text" && c.peer.handsOnParts {
		require.Equal(c.t, part, r.Text)
		r = c.call(request{Op: "receive"})
	}
	c.checkClosed(r, code, reason)
}

func (c *conn) checkClosed(r reply, code int, reason string) {
	c.t.Helper()
	require.Equal(c.t, "closed", r.Kind, "%s", r.Text)
	require.Equal(c.t, code, r.Code, r.Reason)
	require.Equal(c.t, reason, r.Reason)
}

// same compares long texts without showing them.
func same(t *testing.T, want, got string) {
	t.Helper()
	if len(want) < 1000 {
		require.Equal(t, want, got)
		return
	}
	require.Len(t, got, len(want))
	require.True(t, want == got, "%d bytes differ from those that were sent", len(want))
}
