package deflate

import (
	"bytes"
	"compress/flate"
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
)

func requireClose(t testing.TB, err error, code protocol.CloseCode, reason string) {
	t.Helper()
	var closed *protocol.CloseError
	require.ErrorAs(t, err, &closed)
	require.Equal(t, code, closed.Code)
	require.False(t, closed.FromPeer)
	require.Contains(t, closed.Reason, reason)
	require.LessOrEqual(t, len(closed.Reason), 123)
}

func TestLimitIsExact(t *testing.T) {
	for name, content := range samples() {
		payload := NewCompressor(Window{}, 0).Deflate(nil, content, true)
		for _, size := range []int{1, 7, 1 << 20} {
			if len(content) > 0 {
				got, err := inflatePieces(NewDecompressor(Window{}, int64(len(content))), payload, size)
				require.NoError(t, err, name)
				require.Equal(t, string(content), string(got))
			}
			if len(content) > 1 {
				d := NewDecompressor(Window{}, int64(len(content)-1))
				_, err := inflatePieces(d, payload, size)
				requireClose(t, err, protocol.CloseMessageTooBig, "bytes inflated")
				_, err = d.InflateAll(nil, payload, true)
				requireClose(t, err, protocol.CloseMessageTooBig, "bytes inflated")
			}
		}
	}
}

func TestLimitIsForEachMessage(t *testing.T) {
	d := NewDecompressor(Window{Takeover: true}, 5)
	for range 3 {
		_, err := d.InflateAll(nil, unhex("f2 48 cd c9 c9 07 00"), true)
		require.NoError(t, err)
	}
}

// bomb is a message of 61 KB that inflates to 60 MB.
func bomb() []byte {
	var out bytes.Buffer
	w, _ := flate.NewWriter(&out, 9)
	_, _ = w.Write(make([]byte, 60<<20))
	_ = w.Flush()
	return bytes.TrimSuffix(out.Bytes(), messageTail)
}

// A bomb costs no more than the limit, whole or in pieces.
func TestBombCostsNoMoreThanTheLimit(t *testing.T) {
	payload := bomb()
	require.Less(t, len(payload), 64_000)
	const limit = 1 << 20
	for _, size := range []int{100, 4096, len(payload)} {
		d := NewDecompressor(Window{}, 0)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := inflatePieces(d, payload, size)
		runtime.ReadMemStats(&after)
		requireClose(t, err, protocol.CloseMessageTooBig, "message exceeds 1048576 bytes inflated")
		used := after.TotalAlloc - before.TotalAlloc // with all the slices it grew out of, of which two at a time are alive
		require.Less(t, used, uint64(3.5*limit), "pieces of %d", size)
	}
	// Nothing is allocated where the room is given, however much there is.
	d := NewDecompressor(Window{}, -1)
	room := make([]byte, 0, 4096)
	total, src := 0, payload
	for {
		out, n, err := d.Inflate(room, src, true)
		total += len(out)
		if src = src[n:]; err == nil {
			break
		}
		require.ErrorIs(t, err, protocol.ErrFull)
	}
	require.Equal(t, 60<<20, total)
}

func TestOutputStaysInsideItsRoom(t *testing.T) {
	content := samples()["JSON"]
	payload := NewCompressor(Window{}, 0).Deflate(nil, content, true)
	for room := 1; room < 300; room += 37 {
		d := NewDecompressor(Window{Takeover: room%2 == 0}, -1)
		backing := bytes.Repeat([]byte{0xAA}, room+20)
		var got []byte
		for src, calls := payload, 0; ; calls++ {
			out, n, err := d.Inflate(backing[10:10:10+room], src, true)
			got = append(got, out...)
			require.Equal(t, strings.Repeat("\xAA", 10), string(backing[:10]))
			require.Equal(t, strings.Repeat("\xAA", 10), string(backing[10+room:]))
			if src = src[n:]; err == nil {
				break
			}
			require.ErrorIs(t, err, protocol.ErrFull)
			require.Len(t, out, room)
			require.Less(t, calls, len(content)/room+2)
		}
		require.Equal(t, string(content), string(got))
	}
}

func TestCorruptData(t *testing.T) {
	for name, payload := range map[string]string{
		"reserved type of block":                "06",
		"stored block, length and inverse":      "00 05 00 fb ff 48 65 6c 6c 6f 00",
		"distance before the beginning":         "02 03 02 00",
		"length that does not exist":            "1a 03 00 00 00",
		"distance that does not exist":          "02 3e 00 00 00",
		"end of the block has no code":          "05 e0 81 08 00 00 00 00 20 ff 6b 04 00",
		"code for code lengths that is none":    "04 00 80 e0 ff ff ff ff",
		"too many literal codes":                "fc ff ff ff ff ff",
		"no code at all":                        "04 00 00 00 00 00 00 00 00 00 00",
		"repetition of nothing":                 "04 c0 81 08 00 00 00 00 20 7f eb 0b 00 00",
		"text instead of compressed data":       "7b 22 69 64 22 3a 31 7d 7b 22 69 64 22 3a 31 7d",
		"bytes that are 255":                    strings.Repeat("ff", 20),
		"final block, then garbage":             "f3 48 cd c9 c9 07 00 07",
		"second header where a byte is to come": "f3 48 cd c9 c9 07 00 fe",
	} {
		for size := 1; size < 20; size++ {
			d := NewDecompressor(Window{}, 0)
			_, err := inflatePieces(d, unhex(payload), size)
			require.Error(t, err, name)
			requireClose(t, err, protocol.CloseInvalidPayload, "compressed")
		}
	}
}

func TestTruncatedMessage(t *testing.T) {
	for _, name := range []string{"three bytes", "JSON", "random, twice"} {
		content := samples()[name]
		payload := NewCompressor(Window{}, 0).Deflate(nil, content[:min(len(content), 2000)], true)
		for n := 1; n < len(payload)-1; n++ {
			_, err := NewDecompressor(Window{}, 0).InflateAll(nil, payload[:n], true)
			requireClose(t, err, protocol.CloseInvalidPayload, "compressed")
		}
	}
}

// RFC 7692, 7.1.2: a peer that agreed to a window and reaches beyond it.
func TestDistanceBeyondTheWindow(t *testing.T) {
	for bits := minBits; bits < maxBits; bits++ {
		message := samples()["random bytes"][:1<<bits]
		wide := NewCompressor(Window{Bits: bits + 1, Takeover: true}, 9)
		first := wide.Deflate(nil, message, true)
		exact := wide.Deflate(nil, message[:100], true)
		for size := 1; size < 1000; size *= 10 {
			d := NewDecompressor(Window{Bits: bits, Takeover: true}, -1)
			_, err := inflatePieces(d, first, size)
			require.NoError(t, err)
			got, err := inflatePieces(d, exact, size)
			require.NoError(t, err, "%d bits: the whole window may be used", bits)
			require.Equal(t, message[:100], got)
		}
		wide = NewCompressor(Window{Bits: bits + 1, Takeover: true}, 9)
		first = wide.Deflate(nil, message, true)
		filler := wide.Deflate(nil, samples()["random bytes"][50_000:50_100], true)
		far := wide.Deflate(nil, message[:50], true)

		d := NewDecompressor(Window{Bits: bits, Takeover: true}, -1)
		_, err := d.InflateAll(nil, first, true)
		require.NoError(t, err)
		_, err = d.InflateAll(nil, filler, true)
		require.NoError(t, err)
		_, err = d.InflateAll(nil, far, true)
		requireClose(t, err, protocol.CloseInvalidPayload, "beyond the agreed window")
	}
}

// Without takeover nothing of the message before is there.
func TestDistanceIntoAnEarlierMessage(t *testing.T) {
	d := NewDecompressor(Window{}, 0)
	_, err := inflatePieces(d, unhex("f2 48 cd c9 c9 07 00"), 2)
	require.NoError(t, err)
	_, err = d.InflateAll(nil, unhex("f2 00 11 00 00"), true)
	requireClose(t, err, protocol.CloseInvalidPayload, "beyond the agreed window")
	_, again := d.InflateAll(nil, nil, true)
	require.True(t, errors.Is(err, again), "an error stays")
}
