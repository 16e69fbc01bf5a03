package protocol

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A bitCodec owns bits and changes nothing.
type bitCodec struct{ bits uint8 }

func (c bitCodec) RSV() uint8                            { return c.bits }
func (bitCodec) Wants(Opcode, int) bool                  { return true }
func (bitCodec) Encode(dst, src []byte, end bool) []byte { return append(dst, src...) }
func (bitCodec) Rest()                                   {}
func (bitCodec) Decode(dst, src []byte, _ bool) ([]byte, int, error) {
	return append(dst, src...), len(src), nil
}

// RFC 6455, 5.2: "If a nonzero value is received and none of the negotiated extensions defines the meaning of such
// a nonzero value, the receiving endpoint MUST _Fail the WebSocket Connection_."
func TestHalfOfTheBitsOfAnExtensionMeanNothing(t *testing.T) {
	for _, rsv := range []uint8{RSV2, RSV1 | RSV2, RSV3, RSV1 | RSV3} {
		var d Decoder
		d.Init([]Codec{bitCodec{RSV1}, bitCodec{RSV2 | RSV3}}, 0)
		require.True(t, d.Begin(OpText, rsv), "it must not be taken for a message that is as it travelled")
		_, _, err := d.Decode(make([]byte, 0, 10), []byte("a\xff"), true)
		var violation *CloseError
		require.ErrorAs(t, err, &violation)
		require.Equal(t, CloseProtocolError, violation.Code)
	}
	var d Decoder
	d.Init([]Codec{bitCodec{RSV1}, bitCodec{RSV2 | RSV3}}, 0)
	for _, rsv := range []uint8{RSV1, RSV2 | RSV3, RSV1 | RSV2 | RSV3} {
		require.True(t, d.Begin(OpText, rsv))
		_, _, err := d.Decode(make([]byte, 0, 10), []byte("a"), true)
		require.NoError(t, err)
	}
}

// A greedyCodec ignores the capacity.
type greedyCodec struct{ bitCodec }

func (greedyCodec) Decode(dst, src []byte, _ bool) ([]byte, int, error) {
	return append(dst, "more than there is room for"...), len(src), nil
}

func TestACodecThatIgnoresTheCapacityIsAtFault(t *testing.T) {
	var d Decoder
	d.Init([]Codec{greedyCodec{bitCodec{RSV1}}}, 0)
	d.Begin(OpBinary, RSV1)
	out, _, err := d.Decode(make([]byte, 1, 4), []byte("a"), true)
	require.Equal(t, errBeyondCapacity, err)
	require.Len(t, out, 1)
}
