package conformance

import (
	"bytes"
	"compress/flate"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

// standardInflate inflates one message with nothing but the standard library.
func standardInflate(t *testing.T, payload []byte) []byte {
	t.Helper()
	in := append(append(bytes.Clone(payload), messageTail...), finalBlock...)
	out, err := io.ReadAll(flate.NewReader(bytes.NewReader(in)))
	require.NoError(t, err)
	return out
}

// What is written by hand is DEFLATE, also for an inflater that is not ours.
func TestStreamsAreDeflate(t *testing.T) {
	for distance := 1; distance <= 1<<maxBits; distance += 1 + distance/16 {
		plain := letters(1<<maxBits, 0)
		got := standardInflate(t, new(stream).stored(plain).fixed().match(uint(distance)).end().message())
		require.Equal(t, plain, got[:len(plain)])
		require.Equal(t, matched(plain[len(plain)-distance:]), got[len(plain):], "distance %d", distance)
	}
	var all []byte
	for c := range 256 {
		all = append(all, byte(c))
	}
	require.Equal(t, all, standardInflate(t, new(stream).fixed().literals(string(all)).end().message()))
	require.Equal(t, helloFixed, new(stream).fixed().literals("Hello").end().message())
	require.Equal(t, helloStored, new(stream).stored([]byte("Hello")).message())
	require.Equal(t, helloFinal, append(new(stream).header(true, fixedBlock).literals("Hello").end().b, 0))
	require.Equal(t, uint8(dynamicBlock), dynamic(records(2000, 0))[0]>>1&3)
}

// Both kinds of deflation are inflated, with every window.
func TestInflationTakesWhatDeflationMakes(t *testing.T) {
	for bits := 8; bits <= maxBits; bits++ {
		for _, takeover := range []bool{false, true} {
			w := window{bits, takeover}
			out, in := newDeflation(w), newInflation(w)
			for _, class := range contents {
				for round, size := range []int{0, 1, 300, 5000, 70000, 300} {
					plain := class.make(size, round)
					got, err := in.message(out.message(plain))
					require.NoError(t, err, "%v, %s", w, class.name)
					require.True(t, bytes.Equal(plain, got), "%v, %s", w, class.name)
				}
			}
		}
	}
}

// The window is that which was agreed on, to the byte.
func TestInflationRefusesWhatReachesTooFar(t *testing.T) {
	for bits := 8; bits < maxBits; bits++ {
		w := window{bits, true}
		plain := letters(w.size()+1, 0)
		_, err := newInflation(w).message(new(stream).stored(plain).fixed().match(uint(w.size())).end().message())
		require.NoError(t, err)
		_, err = newInflation(w).message(new(stream).stored(plain).fixed().match(uint(w.size() + 1)).end().message())
		require.ErrorContains(t, err, "beyond the agreed window")
		in := newInflation(w)
		_, err = in.message(new(stream).stored(plain).message())
		require.NoError(t, err)
		_, err = in.message(new(stream).fixed().match(uint(w.size() + 1)).end().message())
		require.ErrorContains(t, err, "beyond the agreed window")
	}
}

func TestInflationKeepsToTakeover(t *testing.T) {
	for _, takeover := range []bool{false, true} {
		in := newInflation(window{15, takeover})
		got, err := in.message(helloFixed)
		require.NoError(t, err)
		require.Equal(t, "Hello", string(got))
		got, err = in.message(helloAgain)
		if !takeover {
			require.Error(t, err)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, "Hello", string(got))
	}
}

// RFC 7692, 7.2.1, says what a sender has to leave out, and where a message may end.
func TestInflationIsStrict(t *testing.T) {
	in := func() *inflation { return newInflation(window{15, false}) }
	for name, payload := range map[string][]byte{
		"the tail is not left out": append(bytes.Clone(helloFixed), messageTail...),
		"no payload":               {},
		"no end of the last block": new(stream).fixed().literals("Hello").b,
		"cut":                      helloFixed[:4],
		"BFINAL, and no block":     helloFinal[:7],
		"not DEFLATE":              []byte("Hello"),
	} {
		_, err := in().message(payload)
		require.Error(t, err, name)
	}
	got, err := in().message(append(bytes.Clone(helloFinal[:7]), helloFinal...))
	require.NoError(t, err)
	require.Equal(t, "HelloHello", string(got))
}

func TestRefereeInflates(t *testing.T) {
	marked := func(f Frame) Frame { f.RSV = 4; return f }
	r := referee{inflation: newInflation(window{15, true})}
	for _, size := range []int{0, 1, 3} {
		var e event
		var whole bool
		for _, f := range pressed(1, helloFixed, size) {
			require.False(t, whole)
			e, whole = r.judge(f)
		}
		require.True(t, whole)
		require.True(t, e.compressed)
		require.Equal(t, `text "Hello"`, e.String())
	}
	e, _ := r.judge(textFrame("plain"))
	require.False(t, e.compressed)
	for rule, frames := range map[string][]Frame{
		"RSV1 on a control frame or a continuation": {marked(pingFrame("x"))},
		"an RSV bit without an extension":           {{Opcode: 1, RSV: 6}},
		"text is not UTF-8":                         {pressedText(new(stream).stored([]byte("\xff")).message())},
		"compressed data is corrupt or incomplete":  {marked(textFrame("Hello"))},
	} {
		r := referee{inflation: newInflation(window{15, false})}
		e, whole := r.judge(frames[0])
		require.True(t, whole)
		require.Contains(t, e.broken, rule)
	}
	r = referee{inflation: newInflation(window{15, false})}
	_, _ = r.judge(pressed(1, helloFixed, 3)[0])
	e, _ = r.judge(marked(next("x")))
	require.Contains(t, e.broken, "RSV1 on a control frame or a continuation")
}
