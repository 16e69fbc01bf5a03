package deflate

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
)

// updates are messages as a feed of JSON sends them, of about n bytes.
func updates(count, n int) [][]byte {
	r := rand.New(rand.NewPCG(1, 2))
	list := make([][]byte, count)
	for i := range list {
		var b strings.Builder
		for b.Len() < n {
			fmt.Fprintf(&b, `{"id":%d,"user":"user-%d","kind":"update","price":%d.%02d,"tags":["alpha","beta"],"active":%t},`,
				r.IntN(1e6), r.IntN(97), r.IntN(1000), r.IntN(100), r.IntN(2) == 0)
		}
		list[i] = []byte(b.String()[:n])
	}
	return list
}

// samples are contents of different nature and size.
func samples() map[string][]byte {
	r := rand.New(rand.NewPCG(3, 4))
	random := make([]byte, 100_000)
	for i := range random {
		random[i] = byte(r.Uint32())
	}
	few := make([]byte, 100_000)
	for i := range few {
		few[i] = "ab"[r.IntN(2)]
	}
	return map[string][]byte{
		"nothing":       {},
		"one byte":      {'x'},
		"three bytes":   []byte("abc"),
		"repetition":    bytes.Repeat([]byte{0}, 100_000),
		"a phrase":      bytes.Repeat([]byte("the quick brown fox "), 9000),
		"JSON":          bytes.Join(updates(100, 1000), nil),
		"random bytes":  random,
		"two letters":   few,
		"random, twice": append(random[:400:400], random[:400]...),
	}
}

// reference inflates compressed messages with another implementation.
func reference(t testing.TB, dict []byte, payload []byte) []byte {
	t.Helper()
	r := flate.NewReaderDict(io.MultiReader(bytes.NewReader(payload), strings.NewReader("\x00\x00\xff\xff\x01\x00\x00\xff\xff")), dict)
	got, err := io.ReadAll(r)
	require.NoError(t, err)
	return got
}

func TestRoundTrip(t *testing.T) {
	for bits := minBits; bits <= maxBits; bits++ {
		for _, takeover := range []bool{false, true} {
			for name, content := range samples() {
				w := Window{Bits: bits, Takeover: takeover}
				c, d := NewCompressor(w, 0), NewDecompressor(w, -1)
				var dict []byte
				for n := range 3 {
					payload := c.Deflate(nil, content, true)
					if !takeover {
						dict = nil
					}
					require.Equal(t, string(content), string(reference(t, dict, payload)), "%s, %d bits, message %d", name, bits, n)
					dict = append(dict, content...)
					got, err := d.InflateAll(nil, payload, true)
					require.NoError(t, err, "%s, %d bits, takeover %t, message %d", name, bits, takeover, n)
					require.Equal(t, string(content), string(got))
					if n == 1 {
						c.Rest()
					}
				}
			}
		}
	}
}

// A stored block behind another one, whose bytes have been read ahead.
func TestStoredBlockBehindAnother(t *testing.T) {
	c := NewCompressor(Window{}, 0)
	payload := c.Deflate(nil, []byte("aaaaaaaaaaaaaaaaaaaaaaaaaa"), false)
	random := samples()["random bytes"][:300]
	payload = c.Deflate(payload[:len(payload)-5], random, true) // no empty block in between
	payload = append(payload[:0:0], payload...)
	var p puff
	require.NotPanics(t, func() { p.read(t, payload) })
	for size := 1; size < len(payload)+1; size += 13 {
		for limit := 300; limit < 330; limit += 29 {
			d := NewDecompressor(Window{}, int64(limit))
			got, err := inflatePieces(d, payload, size)
			if limit < len(p.out) {
				requireClose(t, err, protocol.CloseMessageTooBig, "300 bytes inflated")
				continue
			}
			require.NoError(t, err)
			require.Equal(t, p.out, got)
		}
	}
}

// Write holds back what it likes, in whatever pieces it comes; Flush brings it all.
func TestWriteAndFlush(t *testing.T) {
	content := samples()["JSON"]
	for _, bits := range []int{8, 15} {
		c := NewCompressor(Window{Bits: bits, Takeover: true}, 0)
		var p puff
		for n := range 20 {
			var payload []byte
			rest := content
			for k := 1; len(rest) > 0; k = k*3 + n {
				k = min(k, len(rest))
				payload = c.Write(payload, rest[:k])
				rest = rest[k:]
				if k%5 == 0 {
					payload = c.Flush(payload)
					require.Equal(t, messageTail, payload[len(payload)-4:])
				}
			}
			require.Equal(t, string(content), string(p.read(t, c.End(payload))))
		}
		require.LessOrEqual(t, p.farthest, 1<<bits)
	}
}
