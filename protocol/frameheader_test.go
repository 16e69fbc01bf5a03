package protocol

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// requireViolation checks that err is our finding with the given code, whose
// reason contains what.
func requireViolation(t testing.TB, err error, code CloseCode, what string) {
	t.Helper()
	var e *CloseError
	require.ErrorAs(t, err, &e)
	require.Equal(t, code, e.Code, "%v", err)
	require.False(t, e.FromPeer)
	require.Contains(t, e.Reason, what)
	require.LessOrEqual(t, len(e.Reason), MaxCloseReason)
}

var headerTable = []struct {
	name   string
	header FrameHeader
	wire   []byte
}{
	{"text, 5 bytes", FrameHeader{Fin: true, Opcode: OpText, Length: 5}, []byte{0x81, 0x05}},
	{"text, masked", FrameHeader{Fin: true, Opcode: OpText, Masked: true, MaskKey: [4]byte{0x37, 0xfa, 0x21, 0x3d}, Length: 5}, []byte{0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d}},
	{"first fragment", FrameHeader{Opcode: OpText, Length: 3}, []byte{0x01, 0x03}},
	{"last fragment", FrameHeader{Fin: true, Length: 2}, []byte{0x80, 0x02}},
	{"ping", FrameHeader{Fin: true, Opcode: OpPing, Length: 5}, []byte{0x89, 0x05}},
	{"pong, masked", FrameHeader{Fin: true, Opcode: OpPong, Masked: true, MaskKey: [4]byte{1, 2, 3, 4}}, []byte{0x8a, 0x80, 1, 2, 3, 4}},
	{"close", FrameHeader{Fin: true, Opcode: OpClose}, []byte{0x88, 0x00}},
	{"RSV1", FrameHeader{RSV: RSV1, Opcode: OpBinary}, []byte{0x42, 0x00}},
	{"RSV2", FrameHeader{RSV: RSV2, Opcode: OpBinary}, []byte{0x22, 0x00}},
	{"RSV3", FrameHeader{RSV: RSV3, Opcode: OpBinary}, []byte{0x12, 0x00}},
	{"reserved opcode", FrameHeader{Opcode: 6}, []byte{0x06, 0x00}},
	{"125 bytes", FrameHeader{Fin: true, Opcode: OpBinary, Length: 125}, []byte{0x82, 0x7d}},
	{"126 bytes", FrameHeader{Fin: true, Opcode: OpBinary, Length: 126}, []byte{0x82, 0x7e, 0x00, 0x7e}},
	{"127 bytes", FrameHeader{Fin: true, Opcode: OpBinary, Length: 127}, []byte{0x82, 0x7e, 0x00, 0x7f}},
	{"256 bytes (RFC 6455, 5.7)", FrameHeader{Fin: true, Opcode: OpBinary, Length: 256}, []byte{0x82, 0x7e, 0x01, 0x00}},
	{"65535 bytes", FrameHeader{Fin: true, Opcode: OpBinary, Length: 65535}, []byte{0x82, 0x7e, 0xff, 0xff}},
	{"64 KiB (RFC 6455, 5.7)", FrameHeader{Fin: true, Opcode: OpBinary, Length: 65536}, []byte{0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0}},
	{"more than 2^31 bytes, masked", FrameHeader{Opcode: OpBinary, Masked: true, MaskKey: [4]byte{9, 8, 7, 6}, Length: 1<<31 + 5}, []byte{0x02, 0xff, 0, 0, 0, 0, 0x80, 0, 0, 5, 9, 8, 7, 6}},
	{"most bytes", FrameHeader{Fin: true, Opcode: OpBinary, Length: math.MaxInt64}, []byte{0x82, 0x7f, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
}

func TestFrameHeader(t *testing.T) {
	for _, c := range headerTable {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.wire, AppendFrameHeader(nil, c.header))
			h, n, err := ParseFrameHeader(append(c.wire[:len(c.wire):len(c.wire)], 0xEE, 0xEE))
			require.NoError(t, err)
			require.Equal(t, len(c.wire), n)
			require.Equal(t, c.header, h)
			for end := range c.wire {
				_, n, err := ParseFrameHeader(c.wire[:end])
				require.ErrorIs(t, err, ErrShort)
				require.Zero(t, n)
			}
		})
	}
}

var badLengths = []struct {
	name string
	wire []byte
	what string
}{
	{"125 in 16 bits", []byte{0x82, 0x7e, 0x00, 0x7d}, "minimal"},
	{"0 in 16 bits", []byte{0x82, 0xfe, 0x00, 0x00}, "minimal"},
	{"65535 in 64 bits", []byte{0x82, 0x7f, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, "minimal"},
	{"5 in 64 bits", []byte{0x82, 0xff, 0, 0, 0, 0, 0, 0, 0, 5}, "minimal"},
	{"top bit", []byte{0x82, 0x7f, 0x80, 0, 0, 0, 0, 0, 0, 0}, "most significant"},
	{"all bits", []byte{0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, "most significant"},
}

func TestPayloadLengthIsMinimalAndBelow2To63(t *testing.T) { // RFC 6455, 5.2
	for _, c := range badLengths {
		t.Run(c.name, func(t *testing.T) {
			_, n, err := ParseFrameHeader(c.wire)
			requireViolation(t, err, CloseProtocolError, c.what)
			require.Zero(t, n)
			for end := range c.wire {
				_, _, err := ParseFrameHeader(c.wire[:end])
				require.ErrorIs(t, err, ErrShort)
			}
		})
	}
}

// What parses encodes back to the same bytes, and every proper prefix of it asks
// for more.
func FuzzParseFrameHeader(f *testing.F) {
	for _, c := range headerTable {
		f.Add(c.wire)
	}
	for _, c := range badLengths {
		f.Add(c.wire)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h, n, err := ParseFrameHeader(b)
		if err != nil {
			require.Zero(t, n)
			require.Zero(t, h)
			return
		}
		require.LessOrEqual(t, n, MaxFrameHeader)
		require.GreaterOrEqual(t, h.Length, int64(0))
		require.Equal(t, b[:n], AppendFrameHeader(nil, h))
		for end := range n {
			_, _, err := ParseFrameHeader(b[:end])
			require.ErrorIs(t, err, ErrShort)
		}
	})
}
