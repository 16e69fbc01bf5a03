package driver_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/driver"
)

func TestD1BadOptionsAreErrors(t *testing.T) {
	tests := []struct {
		name string
		cfg  driver.Config
		what string
	}{
		{"MaxHead", driver.Config{MaxHead: -1}, "MaxHead"},
		{"a subprotocol that is no token", driver.Config{Subprotocols: []string{"foo, bar"}}, `subprotocol "foo, bar"`},
		{"a subprotocol twice", driver.Config{Subprotocols: []string{"foo", "foo"}}, "subprotocol foo twice"},
		{"an extension that is nil", driver.Config{Extensions: []protocol.Negotiator{nil}}, "extension 0 is nil"},
		{"an extension without a name", driver.Config{Extensions: []protocol.Negotiator{fake{}}}, `extension ""`},
		{"a field with a line end", driver.Config{Header: protocol.Header{"X": {"a\r\nEvil: 1"}}}, "value"},
		{"a field that is the handshake's own", driver.Config{Header: protocol.Header{"Sec-WebSocket-Key": {key}}}, "not the caller's"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := driver.NewServer(test.cfg)
			require.ErrorIs(t, err, driver.ErrInvalidConfig)
			require.ErrorContains(t, err, test.what)
			_, err = driver.NewClient("ws://example.com", test.cfg)
			require.ErrorIs(t, err, driver.ErrInvalidConfig)
		})
	}
	_, err := driver.NewServer(driver.Config{MaskKey: sampleMask})
	require.ErrorIs(t, err, driver.ErrInvalidConfig)
}

func TestD1MaxMessage(t *testing.T) {
	tests := []struct {
		name  string
		limit int64
		size  int
		fits  bool
	}{
		{"the default", 0, 1 << 20, true},
		{"more than the default", 0, 1<<20 + 1, false},
		{"exactly", 10, 10, true},
		{"one too many", 10, 11, false},
		{"no limit", -1, 3 << 19, true},
	}
	for _, test := range tests {
		for _, ext := range [][]protocol.Negotiator{nil, {fake{name: "fake", rsv: protocol.RSV1}}} {
			t.Run(test.name, func(t *testing.T) {
				payload := strings.Repeat("x", test.size)
				wires := []string{
					fromClient(whole(protocol.OpBinary), payload),
					fromClient(part(protocol.OpBinary), payload[:5]) + fromClient(whole(protocol.OpContinuation), payload[5:]),
					fromClient(part(protocol.OpBinary), payload) + fromClient(whole(protocol.OpContinuation), ""),
				}
				for _, wire := range wires {
					c := openServer(t, driver.Config{MaxMessage: test.limit, Extensions: ext}, "Sec-WebSocket-Extensions: fake")
					got := play(c, wire, 100_000)
					require.Len(t, got, 1)
					if test.fits {
						require.Equal(t, "binary: "+payload, got[0])
					} else {
						require.Equal(t, protocol.CloseMessageTooBig, closeError(t, c).Code)
					}
				}
			})
		}
	}
}

// A server demands masks, a client refuses them: there is no option for it.
func TestD1MaskingIsThatOfTheRole(t *testing.T) {
	text := protocol.FrameHeader{Fin: true, Opcode: protocol.OpText}
	c := openServer(t, driver.Config{})
	require.Equal(t, []string{"text: x"}, play(c, fromClient(text, "x")))
	require.NoError(t, c.Text("x"))
	require.Equal(t, "\x81\x01x", string(c.Output()))
	client := openClient(t, driver.Config{})
	require.Equal(t, []string{"text: x"}, play(client, fromServer(text, "x")))
	require.NoError(t, client.Text("x"))
	require.Equal(t, fromClient(text, "x"), string(client.Output()))
	play(client, fromClient(text, "x"))
	require.Equal(t, protocol.CloseProtocolError, closeError(t, client).Code)
}

func TestD1MaskingCanBeLeftOut(t *testing.T) {
	cfg := driver.Config{InsecureUnmasked: true}
	text := protocol.FrameHeader{Fin: true, Opcode: protocol.OpText}
	client := openClient(t, cfg)
	require.NoError(t, client.Text("x"))
	require.Equal(t, fromServer(text, "x"), string(client.Output()), "without a mask")
	for _, c := range []*driver.Conn{openServer(t, cfg), client} {
		long := strings.Repeat("x", 300)
		require.Equal(t, []string{"text: x", "text: y", "text: " + long, "text: "},
			play(c, fromClient(text, "x")+fromServer(text, "y")+fromClient(text, long)+fromServer(text, "")))
		require.NoError(t, c.Close(protocol.CloseNormal, ""))
	}
	_, err := driver.NewClient("ws://a/", driver.Config{InsecureUnmasked: true, MaskKey: func() [4]byte { return [4]byte{} }})
	require.ErrorIs(t, err, driver.ErrInvalidConfig)
}
