package framing_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/framing"
)

func ExampleDelimiter() {
	chunks := flow.Of([]byte("one\ntw"), []byte("o\nthree\n"))
	for line, err := range framing.Delimiter(chunks, []byte("\n"), 1024).All(context.Background()) {
		fmt.Println(string(line), err)
	}
	// Output:
	// one <nil>
	// two <nil>
	// three <nil>
}

func TestDelimiter(t *testing.T) {
	for _, test := range []struct {
		name, delim, data string
		want              []string
		err               error
	}{
		{"nothing", "\n", "", nil, nil},
		{"lines", "\n", "a\nbc\n", []string{"a", "bc"}, nil},
		{"empty frames", "\n", "\n\na\n", []string{"", "", "a"}, nil},
		{"a frame as long as the limit", "\n", "12345\n", []string{"12345"}, nil},
		{"a frame longer than that", "\n", "1\n123456\n2\n", []string{"1"}, framing.ErrTooLong},
		{"a frame longer than that without an end", "\n", "1\n123456", []string{"1"}, framing.ErrTooLong},
		{"a frame that is cut off", "\n", "1\n2", []string{"1"}, io.ErrUnexpectedEOF},
		{"a delimiter that is cut off", "\r\n", "12345\r", nil, io.ErrUnexpectedEOF},
		{"what would begin a delimiter", "\r\n", "1\r2\r\r\n", []string{"1\r2\r"}, nil},
		{"a delimiter in itself", "aab", "aaabaabaab", []string{"a", "", ""}, nil},
		{"a long delimiter", "--boundary--", "1--boundary--2--bound--boundary--", []string{"1"}, framing.ErrTooLong},
	} {
		t.Run(test.name, func(t *testing.T) {
			requireFrames(t, func(in stream) stream { return framing.Delimiter(in, []byte(test.delim), 5) }, test.data, test.want, test.err)
		})
	}
}

func TestDelimiterNeedsADelimiterAndALimit(t *testing.T) {
	require.Panics(t, func() { framing.Delimiter(stream{}, nil, 1) })
	require.Panics(t, func() { framing.Delimiter(stream{}, []byte("\n"), 0) })
}

func TestDelimiterKeepsNoHoldOfItsArgument(t *testing.T) {
	delim := []byte("\n")
	source := framing.Delimiter(flow.Of([]byte("a\n")), delim, 5)
	delim[0] = 'x'
	frames, err := flow.Collect(t.Context(), source)
	require.NoError(t, err)
	require.Equal(t, bytesOf("a"), frames)
}

// Any chunking gives the same frames, and they are what stands between the delimiters.
func FuzzDelimiter(f *testing.F) {
	f.Add([]byte("a\r\nb\r\r\n\r\nc"), []byte("\r\n"), uint8(5), []byte{0})
	f.Add([]byte("aaabaabaab"), []byte("aab"), uint8(2), []byte{1, 2})
	f.Add([]byte("123456"), []byte("\n"), uint8(4), []byte{2})
	f.Fuzz(func(t *testing.T, data, delim []byte, limit uint8, cuts []byte) {
		if len(delim) == 0 || limit == 0 {
			return
		}
		frames, err := sameFrames(t, func(in stream) stream { return framing.Delimiter(in, delim, int(limit)) }, data, cuts)
		var want []string
		rest := data
		for {
			before, after, found := bytes.Cut(rest, delim)
			if !found || len(before) > int(limit) {
				break
			}
			want = append(want, string(before))
			rest = after
		}
		require.Equal(t, want, frames)
		require.Equal(t, len(rest) == 0, err == nil)
		require.True(t, err == nil || errors.Is(err, framing.ErrTooLong) || errors.Is(err, io.ErrUnexpectedEOF))
	})
}

func BenchmarkDelimiter(b *testing.B) {
	benchmarkFrames(b, func(in stream) stream { return framing.Delimiter(in, []byte("\n"), 1000) }, strings.Repeat("a", 63)+"\n")
}
