package framing_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
	"github.com/wsflow/wsflow/flow/framing"
)

type stream = flow.Source[[]byte]

var errTest = errors.New("it broke")

func lines(in stream) stream { return framing.Delimiter(in, []byte("\n"), 10) }

func values(in stream) stream { return framing.JSON(in, 1000) }

// framed returns the frames of the chunks as text, and what the stream ended with.
func framed(f flow.Flow[[]byte, []byte], chunks ...[]byte) (frames []string, err error) {
	err = f(flow.Of(chunks...)).Run(context.Background(), func(frame []byte) error {
		frames = append(frames, string(frame))
		return nil
	})
	return frames, err
}

// bytewise cuts data into chunks of size bytes.
func bytewise(data []byte, size int) (chunks [][]byte) {
	for len(data) > size {
		chunks = append(chunks, data[:size])
		data = data[size:]
	}
	return append(chunks, data)
}

// requireFrames checks data as one chunk, in chunks of a few bytes, and byte by byte, with empty chunks between.
func requireFrames(t *testing.T, f flow.Flow[[]byte, []byte], data string, want []string, wantErr error) {
	t.Helper()
	for size := range 8 {
		chunks := bytewise([]byte(data), max(size, 1))
		if size == 0 {
			chunks = [][]byte{nil, []byte(data), {}}
		}
		frames, err := framed(f, chunks...)
		require.Equal(t, want, frames, "chunks of %d bytes", size)
		require.ErrorIs(t, err, wantErr, "chunks of %d bytes", size)
	}
}

// sameFrames checks that data gives the same frames, and the same end, if it is cut where cuts says.
func sameFrames(t *testing.T, f flow.Flow[[]byte, []byte], data, cuts []byte) (frames []string, err error) {
	t.Helper()
	frames, err = framed(f, data)
	var chunks [][]byte
	rest := data
	for i := 0; len(rest) > 0; i++ {
		n := len(rest)
		if len(cuts) > 0 {
			n = min(n, int(cuts[i%len(cuts)])%17+1)
		}
		chunks = append(chunks, append([]byte(nil), rest[:n]...))
		rest = rest[n:]
	}
	again, againErr := framed(f, chunks...)
	require.Equal(t, frames, again)
	for _, target := range []error{framing.ErrTooLong, io.ErrUnexpectedEOF} {
		require.Equal(t, errors.Is(err, target), errors.Is(againErr, target))
	}
	var where, whereAgain *framing.SyntaxError
	require.Equal(t, errors.As(err, &where), errors.As(againErr, &whereAgain))
	require.Equal(t, where, whereAgain)
	return frames, err
}

func bytesOf(texts ...string) (values [][]byte) {
	for _, text := range texts {
		values = append(values, []byte(text))
	}
	return values
}

func TestFramingKeepsTheLaws(t *testing.T) {
	short := framing.LengthField{Width: 1, Limit: 10}
	for name, test := range map[string]struct {
		flow flow.Flow[[]byte, []byte]
		in   [][]byte
		want [][]byte
	}{
		"Delimiter":            {lines, bytesOf("a\nb", "c\n", "\n"), bytesOf("a", "bc", "")},
		"Delimiter of nothing": {lines, nil, nil},
		"Decode":               {short.Decode, bytesOf("\x01a\x02b", "c", "\x00"), bytesOf("a", "bc", "")},
		"Encode":               {short.Encode, bytesOf("a", "bc", ""), bytesOf("\x01a", "\x02bc", "\x00")},
		"JSON":                 {values, bytesOf(`[1,"`, `2"`, `,{}]`), bytesOf("1", `"2"`, "{}")},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, flowtest.TestFlow(test.flow, test.in, test.want))
			synctest.Test(t, func(t *testing.T) {
				require.NoError(t, flowtest.TestFlow(test.flow, test.in, test.want))
			})
		})
	}
	// A value that only the end of the stream has ended.
	require.NoError(t, flowtest.TestFlow(values, bytesOf("1 2", "3"), bytesOf("1", "23")))
}

func TestErrorOfTheInputIsNotTakenForATruncatedFrame(t *testing.T) {
	for _, f := range []flow.Flow[[]byte, []byte]{lines, values, framing.LengthField{Width: 1}.Decode} {
		_, err := flow.Collect(t.Context(), f(flow.Concat(flow.Of([]byte(`[1, 2`)), flow.Fail[[]byte](errTest))))
		require.Equal(t, errTest, err)
	}
}

func TestFramesAreNotWrittenAgain(t *testing.T) {
	for name, test := range map[string]struct {
		flow   flow.Flow[[]byte, []byte]
		chunks [][]byte
	}{
		"Delimiter":             {lines, bytesOf("a", "b\ncd\nef", "g\nh", "i", "\n")},
		"Decode":                {framing.LengthField{Width: 1}.Decode, bytesOf("\x02", "ab\x02cd\x03ef", "g\x02h", "i")},
		"Decode with an offset": {framing.LengthField{Width: 1, Offset: 1}.Decode, bytesOf("a\x01", "bc\x01de\x02f", "gh\x01i")},
	} {
		frames, err := flow.Collect(t.Context(), test.flow(flow.Of(test.chunks...)))
		require.NoError(t, err, name)
		require.Equal(t, bytesOf("ab", "cd", "efg", "hi"), frames, name)
		for _, frame := range frames {
			require.Equal(t, len(frame), cap(frame), name)
		}
	}
}

// A frame inside a chunk costs no allocation.
func TestFramesOfAChunkAreNotCopied(t *testing.T) {
	for name, test := range map[string]struct {
		flow  flow.Flow[[]byte, []byte]
		chunk string
	}{
		"Delimiter": {lines, "one\ntwo\nthree\n"},
		"Decode":    {framing.LengthField{Width: 1}.Decode, "\x03one\x03two\x05three"},
		"JSON":      {values, `{"one":1} "two" [{"three":3}] `},
	} {
		allocations := func(n int) float64 {
			source := test.flow(flow.Take(flow.Repeat([]byte(test.chunk)), n))
			return testing.AllocsPerRun(5, func() {
				_ = source.Run(context.Background(), func([]byte) error { return nil })
			})
		}
		require.Equal(t, allocations(10), allocations(1000), name)
	}
}

// Of a frame that comes byte by byte and does not end, no more is taken than its limit allows.
func TestFrameThatDoesNotEndIsBounded(t *testing.T) {
	const limit = 1000
	for name, f := range map[string]flow.Flow[[]byte, []byte]{
		"Delimiter": func(in stream) stream { return framing.Delimiter(in, []byte("\r\n"), limit) },
		"JSON":      func(in stream) stream { return framing.JSON(in, limit) },
	} {
		taken := 0
		endless := flow.Map(flow.Concat(flow.Of([]byte(`"`)), flow.Repeat([]byte("a"))), func(b []byte) []byte {
			taken++
			return b
		})
		_, err := flow.Collect(t.Context(), f(endless))
		require.ErrorIs(t, err, framing.ErrTooLong, name)
		require.LessOrEqual(t, taken, limit+2, name)
	}
}

// benchmarkFrames runs f over chunks of 4 KiB with 64 frames each: an op is a chunk.
func benchmarkFrames(b *testing.B, f flow.Flow[[]byte, []byte], frame string) {
	b.Helper()
	b.ReportAllocs()
	var chunk []byte
	for range 64 {
		chunk = append(chunk, frame...)
	}
	b.SetBytes(int64(len(chunk)))
	_, err := flow.Ignore[[]byte]().Run(b.Context(), f(flow.Take(flow.Repeat(chunk), b.N)))
	if err != nil {
		b.Fatal(err)
	}
}
