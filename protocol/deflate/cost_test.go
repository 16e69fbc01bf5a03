package deflate

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
)

func TestSteadyStateAllocatesNothing(t *testing.T) {
	if !poolsKeep {
		t.Skip("pools forget under the race detector")
	}
	messages := updates(50, 1000)
	for _, w := range []Window{{}, {Takeover: true}, {Bits: 8}, {Bits: 9, Takeover: true}} {
		c, d := NewCompressor(w, 0), NewDecompressor(w, 0)
		payload, out := make([]byte, 0, 4096), make([]byte, 0, 1000)
		round := func() {
			for _, m := range messages {
				payload = c.Deflate(payload[:0], m, true)
				half := len(payload) / 2
				var err error
				if out, _, err = d.Inflate(out[:0], payload[:half], false); err == nil {
					out, _, err = d.Inflate(out, payload[half:], true)
				}
				if err != nil || string(out) != string(m) {
					t.Fatal(err)
				}
			}
		}
		for range 3 {
			round()
		}
		// A collection may empty the pools once in between.
		require.Less(t, testing.AllocsPerRun(20, round)/float64(len(messages)), 0.2, "%+v", w)
	}
}

// idle returns the bytes that each of many codecs holds after some messages.
func idle(t *testing.T, s Settings, agreed Params, rest bool) int {
	t.Helper()
	const count = 100
	messages := updates(80, 1000)
	codecs := make([]*Codec, count)
	var before, after runtime.MemStats
	payload, out := make([]byte, 0, 4096), make([]byte, 0, 4096)
	for range 3 {
		runtime.GC() // empties the pools
	}
	runtime.ReadMemStats(&before)
	for i := range codecs {
		codecs[i] = NewCodec(s, agreed, protocol.Server)
		for _, m := range messages {
			payload = codecs[i].Encode(payload[:0], m, true)
			var err error
			out, _, err = codecs[i].Decode(out[:0], payload, true)
			require.NoError(t, err)
		}
		if rest {
			codecs[i].Rest()
		}
	}
	for range 3 {
		runtime.GC()
	}
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(codecs)
	runtime.KeepAlive([]any{messages, payload, out})
	return int(after.HeapAlloc-before.HeapAlloc) / count
}

func TestIdleConnectionHoldsItsWindowsOnly(t *testing.T) {
	if !poolsKeep {
		t.Skip("the race detector needs memory of its own")
	}
	for _, c := range []struct {
		bits     int
		takeover bool
		rest     bool
		most     int
	}{
		{15, false, false, 512},
		{8, false, false, 512},
		{8, true, true, 2*256 + 1024},
		{10, true, true, 2*1024 + 1024},
		{12, true, true, 2*4096 + 1024},
		{15, true, true, 2*32768 + 1024},
		{8, true, false, 256 + 10<<10},
		{12, true, false, 4096 + 34<<10},
		{15, true, false, 32768 + 194<<10},
	} {
		w := Window{Bits: c.bits, Takeover: c.takeover}
		held := idle(t, Settings{}, Params{Server: w, Client: w}, c.rest)
		t.Logf("%2d bits, takeover %t, rested %t: %d bytes", c.bits, c.takeover, c.rest, held)
		require.Less(t, held, c.most)
	}
}
