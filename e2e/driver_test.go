package e2e_test

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/deflate"
	"github.com/wsflow/wsflow/upgrade"
)

// withDriver runs a test with websocket-driver of npm as the peer, over plain sockets and over TLS, without
// compression and with.
func withDriver(t *testing.T, test func(t *testing.T, p *peer, scheme string, set upgrade.Settings, r request)) {
	t.Helper()
	o := oracles[0]
	need(t, o.command() != nil, o.name, o.install)
	node, err := exec.LookPath("node")
	require.NoError(t, err)
	p := startPeer(t, []string{node, filepath.Join("node", "driver.js")})
	for _, scheme := range []string{"ws", "wss"} {
		for _, compressed := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, compressed %t", scheme, compressed), func(t *testing.T) {
				var set upgrade.Settings
				var r request
				if compressed {
					set.Compression, r.Deflate = &deflate.Settings{}, &deflateRequest{}
				}
				test(t, p, scheme, set, r)
			})
		}
	}
}

func TestDialerTalksToWebSocketDriver(t *testing.T) {
	withDriver(t, func(t *testing.T, p *peer, scheme string, set upgrade.Settings, r request) {
		r.Echo = true
		v := visit(t, p, scheme, r)
		v.Settings = set
		for _, e := range echoes {
			t.Run(e.name, func(t *testing.T) { echo(t, v, e.sent, e.back) })
		}
	})
}

func TestDialerAndWebSocketDriverAgreeOnAll(t *testing.T) {
	withDriver(t, func(t *testing.T, p *peer, scheme string, set upgrade.Settings, r request) {
		r.Protocols = []string{"b", "c"}
		v := visit(t, p, scheme, r)
		v.Settings, v.Subprotocols = set, []string{"a", "b"}
		ours, resp, err := v.Dialer.Dial(within(t), v.url)
		require.NoError(t, err)
		theirs := v.accept(t)
		require.Equal(t, "b", ours.Subprotocol())
		require.Equal(t, r.Deflate != nil, strings.HasPrefix(resp.Header.Get("Sec-WebSocket-Extensions"), "permessage-deflate"))
		ran := make(chan error, 1)
		go func() { ran <- ours.Run(t.Context(), listen) }()
		theirs.ping("from the server")
		_, err = ours.Ping(within(t))
		require.NoError(t, err)
		theirs.close(3000, "enough")
		theirs.wantClosed(3000, "enough")
		var closed *upgrade.CloseError
		require.ErrorAs(t, receive(t, ran, "the end of the run"), &closed)
		require.Equal(t, upgrade.CloseCode(3000), closed.Code)
		require.Equal(t, "enough", closed.Reason)
		require.True(t, closed.FromPeer)
	})
}

func TestWebSocketDriverTalksToUs(t *testing.T) {
	withDriver(t, func(t *testing.T, p *peer, scheme string, set upgrade.Settings, r request) {
		h := open(t, scheme, set, func(in flow.Source[message.Message]) flow.Source[message.Message] {
			return flow.Map(in, func(m message.Message) message.Message { return m })
		})
		r.Op, r.URL, r.Protocols = "connect", h.url, []string{"a", "c"}
		for _, code := range []int{1000, 1001, 3000, 4999} {
			answer := p.call(t, r)
			require.Equal(t, 101, answer.Status)
			require.Equal(t, "c", answer.Protocol)
			c := &conn{t: t, peer: p, number: answer.Conn}
			c.send("Zoë 小林 👩🏽‍🚀")
			c.wantText("Zoë 小林 👩🏽‍🚀")
			c.send("")
			c.wantText("")
			c.sendBinary([]byte("\x00\xff\x80"))
			c.wantBinary([]byte("\x00\xff\x80"))
			large := strings.Repeat("large", 200_000)
			c.send(large)
			c.wantText(large)
			c.ping("still there?")
			c.close(code, "enough")
			c.wantClosed(code, "enough")
		}
	})
}

func TestWebSocketDriverSeesHowWeEnd(t *testing.T) {
	withDriver(t, func(t *testing.T, p *peer, scheme string, set upgrade.Settings, r request) {
		r.Op = "connect"
		for code, handler := range map[int]upgrade.Handler{
			1000: func(flow.Source[message.Message]) flow.Source[message.Message] { return flow.Of(message.Text("bye")) },
			4000: func(flow.Source[message.Message]) flow.Source[message.Message] {
				return flow.Concat(flow.Of(message.Text("bye")), flow.Fail[message.Message](&upgrade.CloseError{Code: 4000}))
			},
		} {
			r.URL = open(t, scheme, set, handler).url
			c := &conn{t: t, peer: p, number: p.call(t, r).Conn}
			c.wantText("bye")
			c.wantClosed(code, "")
		}
		r.URL = open(t, scheme, set, greet).url
		for code, frame := range map[int][]byte{
			1002: frame{Opcode: 3}.bytes(),
			1007: frame{Opcode: protocol.OpText, Payload: "\xff"}.bytes(),
		} {
			c := &conn{t: t, peer: p, number: p.call(t, r).Conn}
			c.raw(frame)
			closed := c.call(request{Op: "receive"})
			require.Equal(t, "closed", closed.Kind)
			require.Equal(t, code, closed.Code)
		}
	})
}
