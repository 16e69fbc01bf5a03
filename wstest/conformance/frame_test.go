package conformance

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
)

// Two codecs that share no code have to agree about what is legal.
func TestFramesAreThoseOfThePackageProtocol(t *testing.T) {
	key := [4]byte{1, 2, 3, 4}
	for _, size := range []int{0, 1, 125, 126, 127, 65535, 65536} {
		for _, client := range []bool{false, true} {
			f := Frame{Opcode: protocol.OpBinary, Payload: octetsOf(size), RSV: 5, More: true}
			b := f.appendTo(nil, client, key)
			h, n, err := protocol.ParseFrameHeader(b)
			require.NoError(t, err)
			want := protocol.FrameHeader{RSV: 5, Opcode: protocol.OpBinary, Masked: client, Length: int64(size)}
			if client {
				want.MaskKey = key
			}
			require.Equal(t, want, h)
			protocol.Mask(b[n:], h.MaskKey, 0)
			require.Equal(t, f.Payload, b[n:])
		}
	}
}

func TestFrameThatIsAppendedParsesBack(t *testing.T) {
	for name, f := range map[string]Frame{
		"plain":             textFrame("Hello"),
		"reserved":          {Opcode: 11, RSV: 7, More: true, Payload: []byte{}},
		"wrongly masked":    {Opcode: protocol.OpPing, Payload: []byte("x"), WrongMask: true},
		"length in 2 bytes": {Opcode: protocol.OpText, Payload: []byte("x"), Wide: 2},
		"length in 8 bytes": {Opcode: protocol.OpText, Payload: []byte("x"), Wide: 8},
	} {
		t.Run(name, func(t *testing.T) {
			for _, client := range []bool{false, true} {
				b := f.appendTo(nil, client, [4]byte{1, 2, 3, 4})
				for n := range b {
					_, _, err := parseFrame(b[:n], client)
					require.ErrorIs(t, err, errShort)
				}
				got, n, err := parseFrame(append(b, "rest"...), client)
				require.NoError(t, err)
				require.Equal(t, len(b), n)
				got.Key = nil
				require.Equal(t, f, got)
			}
		})
	}
}

func TestFrameThatAnnouncesTooMuchIsNotWaitedFor(t *testing.T) {
	for _, claim := range []uint64{maxFrame + 1, math.MaxInt64, math.MaxUint64} {
		_, _, err := parseFrame(Frame{Claim: claim}.appendTo(nil, true, [4]byte{}), true)
		require.ErrorIs(t, err, errHuge)
	}
}

func TestFrameDescribesItself(t *testing.T) {
	for want, f := range map[string]Frame{
		`text "Hello"`:                                        textFrame("Hello"),
		`close 1002 "why"`:                                    closeFrame(1002, "why"),
		`close ""`:                                            {Opcode: protocol.OpClose},
		`opcode 3 "", not final, RSV 101`:                     {Opcode: 3, More: true, RSV: 5},
		`binary "", announced as 7 bytes`:                     {Opcode: protocol.OpBinary, Claim: 7},
		`ping "x", wrongly masked, length in 2 bytes`:         {Opcode: protocol.OpPing, Payload: []byte("x"), WrongMask: true, Wide: 2},
		`text " !\"#$%&'()*+,-./0123456789:;<=>?"…, 99 bytes`: textFrame(printable(99)),
	} {
		require.Equal(t, want, f.String())
	}
}
