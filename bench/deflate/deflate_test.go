package deflate

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/klauspost/compress/flate"
	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/deflate"
)

// tail is what a message's end is without (RFC 7692, 7.2.1).
var tail = []byte{0, 0, 0xff, 0xff}

// updates are messages of a size that resemble each other, as those of a service do.
func updates(count, size int) [][]byte {
	rnd := rand.New(rand.NewPCG(1, 2))
	all := make([][]byte, count)
	for i := range all {
		for len(all[i]) < size {
			all[i] = fmt.Appendf(all[i], `{"id":%d,"symbol":"%c%c%c","price":%.2f,"volume":%d,"venue":"north"}`, i,
				'A'+rnd.IntN(26), 'A'+rnd.IntN(26), 'A'+rnd.IntN(26), 100*rnd.Float64(), rnd.IntN(10_000))
		}
		all[i] = all[i][:size]
	}
	return all
}

// A packer compresses a message.
type packer func(dst, message []byte) []byte

func ours(w deflate.Window, level int) packer {
	c := deflate.NewCompressor(w, level)
	return func(dst, message []byte) []byte { return c.Deflate(dst, message, true) }
}

// theirs compresses with a writer that is reset before each message, or keeps its context.
func theirs(tb testing.TB, level int, takeover bool) packer {
	tb.Helper()
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, level)
	require.NoError(tb, err)
	return func(dst, message []byte) []byte {
		out.Reset()
		if !takeover {
			w.Reset(&out)
		}
		_, _ = w.Write(message)
		_ = w.Flush()
		return append(dst, bytes.TrimSuffix(out.Bytes(), tail)...)
	}
}

func BenchmarkDeflate(b *testing.B) {
	keep := deflate.Window{Takeover: true}
	for _, size := range []int{100, 1000, 64 << 10} {
		messages := updates(64, size)
		for _, c := range []struct {
			name string
			pack packer
		}{
			{"ours", ours(deflate.Window{}, deflate.DefaultLevel)},
			{"ours, takeover", ours(keep, deflate.DefaultLevel)},
			{"klauspost 1", theirs(b, 1, false)},
			{"klauspost 1, takeover", theirs(b, 1, true)},
			{"klauspost 5", theirs(b, 5, false)},
			{"klauspost 5, takeover", theirs(b, 5, true)},
		} {
			b.Run(fmt.Sprintf("%dB/%s", size, c.name), func(b *testing.B) {
				b.SetBytes(int64(size))
				b.ReportAllocs()
				var dst []byte
				total := 0
				for i := 0; b.Loop(); i++ {
					dst = c.pack(dst[:0], messages[i%len(messages)])
					total += len(dst)
				}
				b.ReportMetric(float64(total)/float64(b.N), "out/op")
			})
		}
	}
}

func BenchmarkInflate(b *testing.B) {
	for _, size := range []int{100, 1000, 64 << 10} {
		messages := updates(64, size)
		pack := ours(deflate.Window{}, deflate.DefaultLevel)
		var packed [][]byte
		for _, m := range messages {
			packed = append(packed, pack(nil, m))
		}
		out := make([]byte, size)
		b.Run(fmt.Sprintf("%dB/ours", size), func(b *testing.B) {
			d := deflate.NewDecompressor(deflate.Window{}, -1)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if _, _, err := d.Inflate(out[:0], packed[i%len(packed)], true); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("%dB/klauspost", size), func(b *testing.B) {
			r := flate.NewReader(nil)
			end := bytes.NewReader(tail)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				end.Reset(tail)
				_ = r.(flate.Resetter).Reset(io.MultiReader(bytes.NewReader(packed[i%len(packed)]), end), nil)
				if _, err := io.ReadFull(r, out); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// RFC 7692, 7.1.2: a peer that has agreed to a window of 512 bytes must not refer further back, and the other end keeps no more.
func TestItsInflaterTakesWhatReachesBeyondTheWindow(t *testing.T) {
	content := updates(1, 700)[0]
	content = append(content, content[:100]...) // 700 bytes back
	wide := ours(deflate.Window{}, 9)(nil, content)

	got, err := io.ReadAll(flate.NewReader(io.MultiReader(bytes.NewReader(wide), bytes.NewReader(append(tail, 1, 0, 0, 0xff, 0xff)))))
	require.NoError(t, err)
	require.Equal(t, content, got, "theirs has one window, of 32 KiB")

	_, _, err = deflate.NewDecompressor(deflate.Window{Bits: 9}, -1).Inflate(make([]byte, 0, 1000), wide, true)
	var closed *protocol.CloseError
	require.ErrorAs(t, err, &closed)
	require.Equal(t, protocol.CloseInvalidPayload, closed.Code)
}

// Context takeover pays most for small messages that resemble each other.
func TestItsWritersGainNothingFromEarlierSmallMessages(t *testing.T) {
	message := updates(1, 100)[0]
	for _, level := range []int{1, 3, 5} {
		pack := theirs(t, level, true)
		first := len(pack(nil, message))
		again := len(pack(nil, message))
		t.Logf("klauspost, level %d: %d bytes, the same again %d", level, first, again)
		if level <= 3 {
			require.Greater(t, again, first/2)
		}
	}
	pack := ours(deflate.Window{Takeover: true}, 1)
	first, again := len(pack(nil, message)), len(pack(nil, message))
	t.Logf("ours: %d bytes, the same again %d", first, again)
	require.Less(t, again, 10)
}

func TestWhatAWriterHolds(t *testing.T) {
	const count = 20
	held := func(pack func() packer) int {
		message := updates(1, 1000)[0]
		packers := make([]packer, count)
		before := heap()
		for i := range packers {
			packers[i] = pack()
			packers[i](nil, message)
		}
		grown := heap() - before
		runtime.KeepAlive(packers)
		return int(grown) / count >> 10
	}
	for _, level := range []int{1, 5} {
		t.Logf("klauspost, level %d, window of 32 KiB: %d KiB", level, held(func() packer { return theirs(t, level, true) }))
	}
	for _, bits := range []int{15, 9} {
		window := deflate.Window{Bits: bits, Takeover: true}
		most := held(func() packer { return ours(window, deflate.DefaultLevel) })
		t.Logf("ours, window of %d bits: %d KiB", bits, most)
		require.LessOrEqual(t, most, 256)
	}
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
