package e2e_test

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol/deflate"
	"github.com/wsflow/wsflow/upgrade"
)

// A deflateRequest tells a peer how to compress.
type deflateRequest struct {
	NoContextTakeover bool `json:"no_context_takeover,omitempty"`
	ServerBits        int  `json:"server_bits,omitempty"`
	ClientBits        int  `json:"client_bits,omitempty"`
}

// An agreement is what two ends want of permessage-deflate, and what they have to agree on.
type agreement struct {
	name     string
	ours     deflate.Settings
	theirs   deflateRequest
	takeover bool     // the window is kept from message to message, if the peer can
	answer   []string // parameters that the answer has
	windows  bool     // it is for peers that know of window sizes
}

var agreements = []agreement{
	{
		name: "no context takeover", theirs: deflateRequest{NoContextTakeover: true},
		answer: []string{"server_no_context_takeover", "client_no_context_takeover"},
	},
	{
		name: "context takeover", takeover: true,
		ours: deflate.Settings{Server: deflate.Window{Takeover: true}, Client: deflate.Window{Takeover: true}},
	},
	{
		name: "small windows", windows: true, theirs: deflateRequest{NoContextTakeover: true, ServerBits: 9, ClientBits: 10},
		ours:   deflate.Settings{Server: deflate.Window{Bits: 9}, Client: deflate.Window{Bits: 10}},
		answer: []string{"server_max_window_bits=9", "client_max_window_bits=10"},
	},
	{
		name: "small windows that are kept", windows: true, takeover: true, theirs: deflateRequest{ServerBits: 10, ClientBits: 9},
		ours: deflate.Settings{
			Server: deflate.Window{Bits: 10, Takeover: true}, Client: deflate.Window{Bits: 9, Takeover: true},
		},
		answer: []string{"server_max_window_bits=10", "client_max_window_bits=9"},
	},
}

// A saying is a message of one part, or of several fragments, that goes to an echo and comes back.
type saying struct {
	kind  string
	parts []string
}

func (s saying) whole() string { return strings.Join(s.parts, "") }

// sayings are said one after the other on one connection. The first and the second are the same.
var sayings = []saying{
	{"text", []string{pattern(200)}},
	{"text", []string{pattern(200)}},
	{"text", []string{"Hello"}},
	{"text", []string{"Zoë 小林 👩🏽‍🚀 \U0010FFFF\x00\u2028"}},
	{"text", []string{""}},
	{"binary", []string{""}},
	{"binary", []string{"\x00\xff\x80abc"}},
	{"text", []string{"Hel", "", "lo ", pattern(3000), "Zoë"}},
	{"binary", []string{"abc", pattern(70_000), "def"}},
}

// longSayings are a text of 1 MiB, which shrinks, and as many bytes of which most do not.
var longSayings = []saying{
	{"text", []string{strings.Repeat("ü", 1<<19)}},
	{"binary", []string{noise(1<<20-70_000) + pattern(70_000)}},
}

// pattern returns n bytes of ASCII in which something like everything has been before, near and far.
func pattern(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, `{"id": %d, "name": "sensor %d", "value": %d}`, i, i%7, i*i%1009)
	}
	return b.String()[:n]
}

// noise returns n bytes that do not shrink.
func noise(n int) string {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return string(b)
}

// A speaker is the end of a connection whose other end echoes.
type speaker interface {
	say(s saying)
	hear(s saying)
	askForPong()
	// goodbye closes, and sees the answer.
	goodbye(code int, reason string)
}

// converse says everything to an echo, and goes.
func converse(s speaker, sayings []saying) {
	for i, one := range sayings {
		s.say(one)
		if i%3 == 0 {
			s.askForPong()
		}
		s.hear(one)
	}
	s.goodbye(3000, "enough")
}

func (c *conn) say(s saying) {
	c.t.Helper()
	switch {
	case len(s.parts) > 1:
		c.sendParts(s.kind, s.parts...)
	case s.kind == "binary":
		c.sendBinary([]byte(s.whole()))
	default:
		c.send(s.whole())
	}
}

func (c *conn) hear(s saying) {
	c.t.Helper()
	if s.kind == "binary" {
		c.wantBinary([]byte(s.whole()))
	} else {
		c.wantText(s.whole())
	}
}

func (c *conn) askForPong() {
	c.t.Helper()
	c.ping(c.peer.foreigner.ping)
}

func (c *conn) goodbye(code int, reason string) {
	c.t.Helper()
	c.close(code, reason)
	c.wantClosed(code, reason)
}

// A caller is our end, as a client.
type caller struct {
	t      *testing.T
	conn   *upgrade.Conn
	theirs *conn
	next   func() (message.Message, error, bool)
	pong   <-chan reply // that the peer waits for
}

func newCaller(t *testing.T, ours *upgrade.Conn, theirs *conn) *caller {
	t.Helper()
	whole := flow.TryMap(ours.Source(), func(ctx context.Context, m message.Message) (message.Message, error) { return m.Strict(ctx, 0) })
	next, stop := iter.Pull2(whole.All(within(t)))
	t.Cleanup(stop)
	return &caller{t: t, conn: ours, theirs: theirs, next: next}
}

func (c *caller) say(s saying) {
	c.t.Helper()
	m := message.Text(s.whole())
	switch {
	case s.kind == "binary" && len(s.parts) == 1:
		m = message.Binary([]byte(s.whole()))
	case s.kind == "binary":
		m = message.BinaryStream(flow.Map(flow.Of(s.parts...), func(part string) []byte { return []byte(part) }))
	case len(s.parts) > 1:
		m = message.TextStream(flow.Of(s.parts...))
	}
	require.NoError(c.t, c.conn.Send(within(c.t), m))
}

func (c *caller) hear(s saying) {
	c.t.Helper()
	m, err, ok := c.next()
	require.NoError(c.t, err)
	require.True(c.t, ok)
	require.Equal(c.t, s.kind == "binary", m.Kind() == message.KindBinary)
	same(c.t, s.whole(), string(m.Bytes()))
	if c.pong != nil {
		require.Empty(c.t, receive(c.t, c.pong, "the peer's pong").Error)
		c.pong = nil
	}
}

// askForPong lets the peer ask. It has the answer when the next message is heard.
func (c *caller) askForPong() {
	c.t.Helper()
	c.pong = c.theirs.peer.ask(c.t, request{Op: "ping", Conn: c.theirs.number, Text: c.theirs.peer.foreigner.ping})
}

func (c *caller) goodbye(code int, reason string) {
	c.t.Helper()
	_ = c.conn.Close(upgrade.CloseCode(code), reason)
	c.theirs.wantClosed(code, reason)
}

// replies are the handlers of a server that echoes: as it comes, and in fragments.
var replies = map[string]upgrade.Handler{
	"whole": func(in flow.Source[message.Message]) flow.Source[message.Message] { return in },
	"in fragments": func(in flow.Source[message.Message]) flow.Source[message.Message] {
		return flow.Map(in, func(m message.Message) message.Message {
			b := m.Bytes()
			third := len(b) / 3
			if m.Kind() == message.KindText {
				return message.TextStream(flow.Of(string(b[:third]), "", string(b[third:2*third]), string(b[2*third:])))
			}
			return message.BinaryStream(flow.Of(b[:third], nil, b[third:2*third], b[2*third:]))
		})
	},
}

func TestForeignPeersTalkToUsCompressed(t *testing.T) {
	eachPeerAndAgreement(t, func(t *testing.T, p *peer, a agreement) {
		for name, reply := range replies {
			t.Run("replies "+name, func(t *testing.T) {
				said := a.sayings(name == "whole")
				h := open(t, "ws", upgrade.Settings{Compression: &a.ours}, reply)
				wire := relayTo(t, h.url)
				r := p.call(t, request{Op: "connect", URL: wire.url, Deflate: &a.theirs})
				require.Equal(t, 101, r.Status)
				converse(&conn{t: t, peer: p, number: r.Conn}, said)
				up, down := wire.read(t)
				a.check(t, said, up, down, down.extensions())
			})
		}
	})
}

func TestDialerTalksToForeignServersCompressed(t *testing.T) {
	eachPeerAndAgreement(t, func(t *testing.T, p *peer, a agreement) {
		for _, streaming := range []bool{false, true} {
			fragments := map[bool]int{true: 3}[streaming]
			t.Run(fmt.Sprintf("echoed in %d fragments, streaming %t", fragments, streaming), func(t *testing.T) {
				said := a.sayings(streaming)
				v := visit(t, p, "ws", request{Echo: true, Fragments: fragments, Deflate: &a.theirs})
				v.Streaming, v.Compression = streaming, &a.ours
				wire := relayTo(t, v.url)
				v.url = wire.url
				ours, theirs := v.dial(t)
				converse(newCaller(t, ours, theirs), said)
				up, down := wire.read(t)
				a.check(t, said, down, up, down.extensions())
			})
		}
	})
}

// eachPeerAndAgreement runs a test with every foreign library, compressed in all ways that it knows.
func eachPeerAndAgreement(t *testing.T, test func(t *testing.T, p *peer, a agreement)) {
	eachPeer(t, func(t *testing.T, p *peer) {
		for _, a := range agreements {
			if a.windows && !p.windows {
				continue
			}
			a.takeover = a.takeover && p.takeover
			a.ours.Threshold = -1
			t.Run(a.name, func(t *testing.T) { test(t, p, a) })
		}
	})
}

// sayings are what is said in one of the conversations of an agreement. The long ones are for one of them.
func (a agreement) sayings(long bool) []saying {
	if long && !a.windows {
		return append(slices.Clone(sayings), longSayings...)
	}
	return sayings
}

// check compares what was agreed on, and what travelled, with what was meant to.
func (a agreement) check(t *testing.T, sayings []saying, theirs, ours *record, answer string) {
	t.Helper()
	require.Contains(t, answer, "permessage-deflate")
	for _, parameter := range a.answer {
		require.Contains(t, answer, parameter)
	}
	require.Equal(t, !a.takeover, strings.Contains(answer, "server_no_context_takeover"), answer)

	total := 0
	for _, s := range sayings {
		total += len(s.whole())
	}
	require.Len(t, ours.messages, len(sayings))
	require.Equal(t, len(sayings), ours.compressed(), "we compress all messages")
	require.Len(t, theirs.messages, len(sayings))
	require.GreaterOrEqual(t, theirs.compressed(), len(sayings)/2, "RSV1 is on the frames of the peer")
	for who, said := range map[string]*record{"we": ours, "the peer": theirs} {
		require.Less(t, said.size(), total*2/3, "%s: more shrinks than does not", who)
		first, second := said.messages[0], said.messages[1]
		require.True(t, first.compressed && second.compressed, who)
		if a.takeover {
			require.Less(t, second.size, first.size/2, "%s: what was said before is referred to", who)
		} else {
			require.Greater(t, second.size, first.size/2, "%s: nothing is referred to", who)
		}
	}
}

// RFC 7692, 7.1.2.1: a server that takes the offer of a window size answers with that, or a smaller one. One that cannot declines. What others send would
// not fit the window.
func TestDialerAsksForeignServersForASmallWindow(t *testing.T) {
	eachPeer(t, func(t *testing.T, p *peer) {
		v := visit(t, p, "ws", request{Deflate: &deflateRequest{}})
		v.Compression = &deflate.Settings{Server: deflate.Window{Bits: 9, Takeover: true}}
		ours, resp, err := v.Dialer.Dial(within(t), v.url)
		switch p.name {
		case "gorilla/websocket":
			require.ErrorContains(t, err, "answer lacks server_max_window_bits, which was asked for")
			return
		case "lxzan/gws":
			require.ErrorContains(t, err, "answer has server_max_window_bits above what was offered")
			return
		case "coder/websocket":
			require.NoError(t, err)
			require.Empty(t, resp.Header.Values("Sec-WebSocket-Extensions"))
		default:
			require.NoError(t, err)
			require.Contains(t, resp.Header.Get("Sec-WebSocket-Extensions"), "server_max_window_bits=9")
		}
		require.NoError(t, ours.Close(1000, ""))
	})
}
