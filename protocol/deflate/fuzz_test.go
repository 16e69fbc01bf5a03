package deflate

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
)

// Whatever the pieces in which a message is deflated, and those in which it is
// inflated, it comes out as it went in, also the second time, and reaches no
// further back than agreed.
func FuzzRoundTrip(f *testing.F) {
	for _, content := range samples() {
		f.Add(content[:min(len(content), 5000)], uint8(8), uint16(100), uint16(7), true, uint8(3))
		f.Add(content[:min(len(content), 5000)], uint8(15), uint16(3000), uint16(1), false, uint8(9))
	}
	f.Fuzz(func(t *testing.T, content []byte, bits uint8, in, out uint16, takeover bool, level uint8) {
		w := Window{Bits: minBits + int(bits%8), Takeover: takeover}
		c, d := NewCompressor(w, int(level%10)), NewDecompressor(w, int64(max(1, len(content))))
		var p puff
		for n := range 2 {
			var payload []byte
			for rest := content; ; {
				k := min(int(in)+1, len(rest))
				payload = c.Deflate(payload, rest[:k], k == len(rest))
				if rest = rest[k:]; len(rest) == 0 {
					break
				}
				if k%3 == 0 {
					c.Rest()
				}
			}
			if len(content) < 1000 { // it is slow
				require.True(t, bytes.Equal(content, p.read(t, payload)))
				require.LessOrEqual(t, p.farthest, 1<<w.Bits)
			}
			got, err := inflatePieces(d, payload, int(out)+1)
			require.NoError(t, err, "message %d", n)
			require.True(t, bytes.Equal(content, got), "message %d", n)
			c.Rest()
		}
	})
}

// Arbitrary bytes never make the inflater panic, exceed the limit or come to
// another result than in one piece; and where it succeeds, another implementation
// finds the same.
func FuzzInflate(f *testing.F) {
	for _, v := range vectors {
		payload, _, _ := strings.Cut(v.messages[0], "|")
		f.Add(unhex(payload), uint8(15), uint16(1000), uint16(2))
	}
	for _, content := range samples() {
		content = content[:min(len(content), 3000)]
		f.Add(NewCompressor(Window{}, 0).Deflate(nil, content, true), uint8(15), uint16(10_000), uint16(100))
		f.Add(NewCompressor(Window{Bits: 8}, 0).Deflate(nil, content, true), uint8(8), uint16(1000), uint16(3))
	}
	f.Fuzz(func(t *testing.T, payload []byte, bits uint8, limit, size uint16) {
		w := Window{Bits: minBits + int(bits%8)}
		whole, wholeErr := NewDecompressor(w, int64(limit)+1).InflateAll(nil, payload, true)
		require.LessOrEqual(t, len(whole), int(limit)+1)
		require.LessOrEqual(t, cap(whole), int(limit)+1)
		got, err := inflatePieces(NewDecompressor(w, int64(limit)+1), payload, int(size)+1)
		require.Equal(t, wholeErr, err)
		if err != nil {
			var closed *protocol.CloseError
			require.ErrorAs(t, err, &closed)
			return
		}
		require.True(t, bytes.Equal(whole, got))
		r := flate.NewReader(io.MultiReader(bytes.NewReader(payload), bytes.NewReader(messageTail)))
		other, err := io.ReadAll(r) // which ends with a final block
		require.True(t, err == nil || errors.Is(err, io.ErrUnexpectedEOF), "%v", err)
		require.True(t, bytes.HasPrefix(whole, other))
	})
}
