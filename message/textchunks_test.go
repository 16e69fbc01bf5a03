package message_test

import (
	"context"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
)

func TestChunkOfTextNeverEndsInsideACodePoint(t *testing.T) {
	tests := []struct {
		name   string
		chunks []string
		want   []string
	}{
		{"nothing to cut", []string{"Hel", "lo"}, []string{"Hel", "lo"}},
		{"two bytes cut", []string{"H\xc3", "\xa9llo"}, []string{"H", "é", "llo"}},
		{"three bytes, one by one", []string{"\xe2", "\x82", "\xac"}, []string{"€"}},
		{"three bytes after two", []string{"\xe2\x82", "\xac"}, []string{"€"}},
		{"four bytes, one by one", []string{"\xf0", "\x9f", "\x98", "\x80"}, []string{"😀"}},
		{"one ends where the next begins", []string{"\xc3", "\xa9\xc3", "\xa8"}, []string{"é", "è"}},
		{"as much is open again as was completed", []string{"\xe2", "\x82\xac\xf0\x9f\x98", "\x80"}, []string{"€", "😀"}},
		{"empty chunks between the bytes", []string{"", "\xc3", "", "\xa9", ""}, []string{"é"}},
		{"chunks of a single code point", []string{"é", "€"}, []string{"é", "€"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, m := range streams(test.chunks) {
				require.Equal(t, test.want, collect(t, m.TextChunks()))
				require.Equal(t, test.want, collect(t, m.TextChunks()), "a recipe runs from its beginning")
			}
		})
	}
}

func TestTextThatIsNotUTF8FailsWith1007(t *testing.T) { // RFC 6455, 8.1
	tests := []struct {
		name   string
		chunks []string
		want   []string // before the failure
	}{
		{"no first byte", []string{"a", "\xff"}, []string{"a"}},
		{"lone continuation", []string{"a", "\x80"}, []string{"a"}},
		{"continuation missing", []string{"\xc3", "a"}, nil},
		{"ends inside a code point", []string{"a\xc3"}, []string{"a"}},
		{"surrogate half, cut", []string{"\xed", "\xa0\x80"}, nil},
		{"surrogate half fails before it is complete", []string{"\xed\xa0"}, nil},
		{"overlong", []string{"\xc0\xaf"}, nil},
		{"beyond U+10FFFF", []string{"\xf4", "\x90"}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, m := range streams(test.chunks) {
				got, err := flow.Collect(t.Context(), m.TextChunks())
				requireCloses(t, err, protocol.CloseInvalidPayload, "text is not valid UTF-8")
				require.Equal(t, test.want, got)
			}
		})
	}
}

func TestTextChunksOfStrictMessages(t *testing.T) {
	require.Equal(t, []string{"é"}, collect(t, message.Text("é").TextChunks()))
	require.Equal(t, []string{"é"}, collect(t, message.ValidText("é").TextChunks()))
	require.Equal(t, []string{"é"}, collect(t, message.Binary([]byte("é")).TextChunks()))
	require.Empty(t, collect(t, message.Text("").TextChunks()))
	require.Empty(t, collect(t, message.Binary(nil).TextChunks()))

	for _, m := range []message.Message{message.Text("\xff"), message.Binary([]byte("a\xc3"))} {
		_, err := flow.Collect(t.Context(), m.TextChunks())
		requireCloses(t, err, protocol.CloseInvalidPayload, "text is not valid UTF-8")
	}
}

func TestTextChunksStopWhenTheReaderDoes(t *testing.T) {
	m := message.TextStream(flow.Of("\xc3", "\xa9b", "c"))
	require.Equal(t, []string{"é"}, collect(t, flow.Take(m.TextChunks(), 1)))
	require.Equal(t, []string{"é", "b"}, collect(t, flow.Take(m.TextChunks(), 2)))
}

func FuzzTextChunks(f *testing.F) {
	for _, text := range []string{"", "Hello", "H\xc3\xa9llo", "€😀", "\xff", "a\xc3", "\xed\xa0\x80", "\xf4\x8f\xbf\xbf"} {
		f.Add([]byte(text), []byte{1})
		f.Add([]byte(text), []byte{0, 2, 3})
	}
	f.Fuzz(func(t *testing.T, text, cuts []byte) {
		for _, m := range streams(cut(string(text), cuts)) {
			chunks, err := flow.Collect(t.Context(), m.TextChunks())
			for _, chunk := range chunks {
				require.NotEmpty(t, chunk)
				require.True(t, utf8.ValidString(chunk), "%q is whole code points", chunk)
			}
			got := strings.Join(chunks, "")
			strict, strictErr := m.Strict(t.Context(), max(1, len(text)))
			if utf8.Valid(text) {
				require.NoError(t, err)
				require.Equal(t, string(text), got)
				require.NoError(t, strictErr)
				require.Equal(t, string(text), strict.Text())
				continue
			}
			requireCloses(t, err, protocol.CloseInvalidPayload, "text is not valid UTF-8")
			requireCloses(t, strictErr, protocol.CloseInvalidPayload, "text is not valid UTF-8")
			require.True(t, strings.HasPrefix(string(text), got))
		}
	})
}

// streams are the streamed messages whose chunks are given.
func streams(chunks []string) []message.Message {
	texts := flow.Of(chunks...)
	bytes := flow.Map(texts, func(s string) []byte { return []byte(s) })
	return []message.Message{message.TextStream(texts), message.Inbound(message.KindText, bytes, nil)}
}

// cut cuts text into pieces of the given lengths, over and over.
func cut(text string, lengths []byte) []string {
	var pieces []string
	for i := 0; text != ""; i++ {
		n := len(text)
		if len(lengths) > 0 && i < 4*len(lengths)+n {
			n = min(n, int(lengths[i%len(lengths)]))
		}
		pieces = append(pieces, text[:n])
		text = text[n:]
	}
	return pieces
}

// requireCloses fails unless err closes the connection with the code and the reason.
func requireCloses(t *testing.T, err error, code protocol.CloseCode, reason string) {
	t.Helper()
	var closing *protocol.CloseError
	require.ErrorAs(t, err, &closing)
	require.Equal(t, protocol.CloseError{Code: code, Reason: reason}, *closing)
}

func TestTextChunksAllocateNothingForAChunkThatIsNotCut(t *testing.T) {
	run := func(n int) float64 {
		chunk := []byte("é")
		chunks := flow.FromFunc(func(_ context.Context, emit func([]byte) error) (err error) {
			for i := 0; i < n && err == nil; i++ {
				err = emit(chunk)
			}
			return err
		})
		texts := message.Inbound(message.KindText, chunks, nil).TextChunks()
		return testing.AllocsPerRun(10, func() {
			if err := texts.Run(t.Context(), func(string) error { return nil }); err != nil {
				panic(err)
			}
		})
	}
	require.Less(t, (run(1000)-run(0))/1000, 0.001)
}

func BenchmarkTextChunks(b *testing.B) {
	euros := strings.Repeat("€", 1024)
	for _, bench := range []struct{ name, first, chunk string }{
		{"ascii", "", strings.Repeat("a", len(euros))},
		{"euros", "", euros},
		{"euros cut in the middle", "\xe2", euros[1:] + "\xe2"},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(bench.chunk)))
			chunks := flow.FromFunc(func(_ context.Context, emit func([]byte) error) error {
				err := emit([]byte(bench.first))
				for chunk := []byte(bench.chunk); err == nil && b.Loop(); {
					err = emit(chunk)
				}
				return err
			})
			texts := message.Inbound(message.KindText, chunks, nil).TextChunks()
			_ = texts.Run(b.Context(), func(string) error { return nil }) // the cut one ends inside a code point
		})
	}
}
