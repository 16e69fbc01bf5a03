package wstest_test

import (
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

func TestPeerCanBreakRules(t *testing.T) {
	for name, test := range map[string]struct {
		frame wstest.Frame
		code  protocol.CloseCode
	}{
		"unmasked client":     {wstest.Frame{Opcode: protocol.OpText, WrongMask: true}, 1002},
		"RSV bit":             {wstest.Frame{Opcode: protocol.OpText, RSV: protocol.RSV2}, 1002},
		"reserved opcode":     {wstest.Frame{Opcode: 3}, 1002},
		"fragmented ping":     {wstest.Frame{Opcode: protocol.OpPing, More: true}, 1002},
		"long ping":           {wstest.Frame{Opcode: protocol.OpPing, Payload: make([]byte, 126)}, 1002},
		"text that is not":    {wstest.TextFrame("\xff"), 1007},
		"code for no one":     {wstest.CloseFrame(1006, ""), 1002},
		"close of one byte":   {wstest.Frame{Opcode: protocol.OpClose, Payload: []byte{3}}, 1002},
		"nothing to continue": {wstest.Frame{}, 1002},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := wstest.NewServer(t, silent(upgrade.Settings{}).Handler(echo)).Peer("/")
				p.WriteFrames(test.frame)
				require.NotEmpty(t, p.ExpectClose(test.code))
				p.ExpectEOF()
			})
		})
	}
}

func TestPeerPlaysTheServer(t *testing.T) {
	for _, wire := range append(wstest.Wires(), wstest.Wire{ServerReads: wstest.ByteByByte, ClientReads: wstest.AtRandom(3)}) {
		t.Run(wire.String(), func(t *testing.T) {
			s := wstest.NewPeerServer(t, wire)
			s.Answer = func(offer *protocol.Offer) (string, []protocol.Extension) {
				return offer.Subprotocols[1], nil
			}
			d := s.Dialer()
			d.Subprotocols = []string{"a", "b"}
			c, _, err := d.Dial(t.Context(), s.URL("/"))
			require.NoError(t, err)
			require.Equal(t, "b", c.Subprotocol())

			p := s.Accept()
			go func() { _ = c.Run(t.Context(), echo) }()
			p.WriteText("Peter")
			p.ExpectText("Peter")
			p.WriteFrames(wstest.Frame{Opcode: protocol.OpText, WrongMask: true})
			p.ExpectClose(protocol.CloseProtocolError)
			p.Cut()
		})
	}
}

func TestPeerOffersWhatItsHandshakeSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ws := silent(upgrade.Settings{})
		ws.Subprotocols = []string{"v1"}
		s := wstest.NewServer(t, ws.Handler(echo))
		p := s.Peer("/", protocol.ClientHandshake{Subprotocols: []string{"v0", "v1"}, Header: protocol.Header{"X-A": {"1"}}})
		require.Equal(t, []string{"v1"}, p.Response.Header["Sec-Websocket-Protocol"])
	})
}

func TestPeerSeesSilenceAndTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := wstest.NewServer(t, silent(upgrade.Settings{PingInterval: -1}).Handler(echo))
		p := s.Peer("/")
		p.ExpectNothing(time.Hour)
		p.CloseWrite()
		p.ExpectEOF()
	})
}

func TestPeerReportsWhatItDidNotExpect(t *testing.T) {
	hello := func(flow.Source[message.Message]) flow.Source[message.Message] {
		return flow.Concat(flow.Of(message.Text("hello")), flow.Never[message.Message]())
	}
	for name, test := range map[string]struct {
		test func(p *wstest.Peer)
		want string
	}{
		"other text":     {func(p *wstest.Peer) { p.ExpectText("bye") }, `expected text of 3 bytes "bye", got text of 5 bytes "hello"`},
		"no close":       {func(p *wstest.Peer) { p.ExpectClose(1000) }, `expected a close frame with 1000 normal closure, got text of 5 bytes "hello"`},
		"no end":         {func(p *wstest.Peer) { p.ExpectEOF() }, `expected the end of the connection, got text`},
		"no silence":     {func(p *wstest.Peer) { p.ExpectNothing(time.Second) }, "expected nothing within 1s, got \"\\x81\\x05hello\""},
		"no other frame": {func(p *wstest.Peer) { p.ReadFrame(); p.Timeout = time.Second; p.ReadFrame() }, "expected a frame, got read"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				require.Contains(t, failureOf(func(tb testing.TB) {
					test.test(wstest.NewServer(tb, silent(upgrade.Settings{}).Handler(hello)).Peer("/"))
				}), test.want)
			})
		})
	}
}

func TestFrameDescribesItself(t *testing.T) {
	require.Equal(t, `text of 2 bytes "ab", more follow, RSV 100, wrongly masked`,
		wstest.Frame{Opcode: protocol.OpText, Payload: []byte("ab"), More: true, RSV: 4, WrongMask: true}.String())
	require.Contains(t, wstest.BinaryFrame(make([]byte, 100)).String(), "binary of 100 bytes")
}
