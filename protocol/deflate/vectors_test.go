package deflate

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

// vectors are payloads of messages and what they inflate to.
var vectors = []struct {
	name     string
	takeover bool
	messages []string // payload | text
}{
	{"one message (RFC 7692, 7.2.3.1)", false, []string{"f2 48 cd c9 c9 07 00|Hello"}},
	{"the same twice, without takeover (RFC 7692, 7.2.3.2)", false, []string{"f2 48 cd c9 c9 07 00|Hello", "f2 48 cd c9 c9 07 00|Hello"}},
	{"the same twice, with takeover (RFC 7692, 7.2.3.2)", true, []string{"f2 48 cd c9 c9 07 00|Hello", "f2 00 11 00 00|Hello"}},
	{"stored (RFC 7692, 7.2.3.3)", false, []string{"00 05 00 fa ff 48 65 6c 6c 6f 00|Hello"}},
	{"final block (RFC 7692, 7.2.3.4)", false, []string{"f3 48 cd c9 c9 07 00 00|Hello"}},
	{"final block, window kept beyond it", true, []string{"f3 48 cd c9 c9 07 00 00|Hello", "f2 00 11 00 00|Hello"}},
	{"final block without the empty one", false, []string{"f3 48 cd c9 c9 07 00|Hello"}},
	{"final blocks inside a message", false, []string{"f3 48 cd c9 c9 07 00 f3 48 cd c9 c9 07 00 00|HelloHello"}},
	{"two blocks (RFC 7692, 7.2.3.5)", false, []string{"f2 48 05 00 00 00 ff ff ca c9 c9 07 00|Hello"}},
	{"empty (RFC 7692, 7.2.3.6)", false, []string{"00|", "00|"}},
	{"empty payload", true, []string{"|", "f2 48 cd c9 c9 07 00|Hello", "|", "f2 00 11 00 00|Hello"}},
	{"empty fixed block", false, []string{"02 00|"}},
	{"tail not left out", false, []string{"f2 48 cd c9 c9 07 00 00 00 ff ff|Hello", "00 00 00 ff ff|"}},
}

func TestVectorsInflate(t *testing.T) {
	for _, v := range vectors {
		for size := 1; size < 14; size++ {
			d := NewDecompressor(Window{Bits: 8, Takeover: v.takeover}, 0)
			for n, m := range v.messages {
				payload, text, _ := strings.Cut(m, "|")
				got, err := inflatePieces(d, unhex(payload), size)
				require.NoError(t, err, "%s, message %d, pieces of %d", v.name, n, size)
				require.Equal(t, text, string(got), "%s, message %d, pieces of %d", v.name, n, size)
			}
		}
	}
}

// The first byte of a message ends the empty piece that may follow the last one.
func TestLastPieceMayBeEmpty(t *testing.T) {
	d := NewDecompressor(Window{}, 0)
	out, err := d.InflateAll(nil, unhex("f2 48 cd c9 c9 07 00"), false)
	require.NoError(t, err)
	out, err = d.InflateAll(out, nil, true)
	require.NoError(t, err)
	require.Equal(t, "Hello", string(out))
}

func TestVectorsDeflate(t *testing.T) {
	c := NewCompressor(Window{Takeover: true}, 0)
	require.Equal(t, "f248cdc9c90700", hex.EncodeToString(c.Deflate(nil, []byte("Hello"), true)), "RFC 7692, 7.2.3.1")
	require.Equal(t, "00", hex.EncodeToString(c.Deflate(nil, nil, true)), "RFC 7692, 7.2.3.6")
	require.Len(t, c.Deflate(nil, []byte("Hello"), true), 5-1, "as RFC 7692, 7.2.3.2, but with one match and no literal")

	c = NewCompressor(Window{}, 0)
	for range 2 {
		require.Equal(t, "f248cdc9c90700", hex.EncodeToString(c.Deflate(nil, []byte("Hello"), true)))
	}
	// Fragments: each one can be inflated on its own.
	first := c.Deflate(nil, []byte("He"), false)
	require.Equal(t, "f248050000 00ffff", hex.EncodeToString(first[:5])+" "+hex.EncodeToString(first[5:]))
	last := c.Deflate(nil, []byte("llo"), true)
	require.Equal(t, "cac9c90700", hex.EncodeToString(last))
}

// inflatePieces inflates a message that arrives in pieces of size bytes.
func inflatePieces(d *Decompressor, payload []byte, size int) (out []byte, err error) {
	for {
		n := min(size, len(payload))
		end := n == len(payload)
		if out, err = d.InflateAll(out, payload[:n], end); err != nil || end {
			return out, err
		}
		payload = payload[n:]
	}
}
