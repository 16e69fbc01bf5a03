package upgrade_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/deflate"
	"github.com/wsflow/wsflow/wstest"
)

// A reversed extension sends payloads backwards and owns RSV2.
type reversed struct{ held []byte }

func (*reversed) Name() string                                       { return "x-reversed" }
func (*reversed) RSV() uint8                                         { return protocol.RSV2 }
func (*reversed) Offers() []protocol.Extension                       { return []protocol.Extension{{Name: "x-reversed"}} }
func (*reversed) Confirm(protocol.Extension) (protocol.Codec, error) { return new(reversed), nil }
func (*reversed) Wants(protocol.Opcode, int) bool                    { return true }
func (*reversed) Rest()                                              {}
func (*reversed) Accept(o []protocol.Extension) (protocol.Extension, protocol.Codec, bool) {
	return o[0], new(reversed), true
}

func (r *reversed) Encode(dst, src []byte, end bool) []byte {
	for i := range src {
		dst = append(dst, src[len(src)-1-i])
	}
	return dst
}

func (r *reversed) Decode(dst, src []byte, end bool) ([]byte, int, error) {
	n := len(src)
	for r.held = append(r.held, src...); end && len(r.held) > 0; r.held = r.held[:len(r.held)-1] {
		if len(dst) == cap(dst) {
			return dst, n, protocol.ErrFull
		}
		dst = append(dst, r.held[len(r.held)-1])
	}
	return dst, n, nil
}

func TestAnExtensionOfTheUsers(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		set := compressing(deflate.Settings{Threshold: -1}, false)
		set.Extensions = []protocol.Negotiator{new(reversed)}
		server := wstest.NewServer(t, serve(echo, set), w)

		p := server.Peer("/", protocol.ClientHandshake{Extensions: []protocol.Extension{{Name: "x-reversed"}}})
		require.Equal(t, "x-reversed", p.Response.Header.Get("Sec-WebSocket-Extensions"))
		p.WriteFrames(wstest.Frame{Opcode: protocol.OpText, RSV: protocol.RSV2, Payload: []byte("\xac\x82\xe2cba")})
		p.ExpectFrame(wstest.Frame{Opcode: protocol.OpText, RSV: protocol.RSV2, Payload: []byte("\xac\x82\xe2cba")})

		d := server.Dialer()
		d.Settings = set
		c, _, err := d.Dial(t.Context(), server.URL("/"))
		require.NoError(t, err)
		require.Len(t, c.Extensions(), 2, "both are in use")
		want := strings.Repeat("there and back ", 10_000)
		got, err := flow.ToSlice[message.Message]().Run(t.Context(), c.Flow()(flow.Of(message.Text(want), message.Text("€"))))
		require.NoError(t, err)
		require.Equal(t, []message.Message{message.ValidText(want), message.ValidText("€")}, got)
	})
}
