package message_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
)

var (
	someText   = message.Text("a")
	someBinary = message.Binary([]byte("b"))
)

func upper(in flow.Source[string]) flow.Source[string] { return flow.Map(in, strings.ToUpper) }

func same[T any](in flow.Source[T]) flow.Source[T] { return in }

// adapters are all adapters, with the kind that each refuses.
func adapters(codec ...message.Codec) map[string]struct {
	handler  flow.Flow[message.Message, message.Message]
	unwanted message.Message
} {
	return map[string]struct {
		handler  flow.Flow[message.Message, message.Message]
		unwanted message.Message
	}{
		"TextOnly":   {message.TextOnly(same[string], codec...), someBinary},
		"BinaryOnly": {message.BinaryOnly(same[[]byte], codec...), someText},
		"JSON":       {message.JSON(same[any], codec...), someBinary},
	}
}

func TestKindThatIsNotWantedIsRefused(t *testing.T) {
	for name, adapter := range adapters() {
		t.Run(name, func(t *testing.T) {
			replies, err := flow.Collect(t.Context(), adapter.handler(flow.Of(adapter.unwanted)))
			requireCloses(t, err, protocol.CloseUnsupportedData, adapter.unwanted.Kind().String()+" messages are not accepted")
			require.Empty(t, replies)
		})
	}
}

func TestKindThatIsNotWantedIsSkippedByChoice(t *testing.T) {
	for name, adapter := range adapters(message.Codec{Other: message.Skip}) {
		t.Run(name, func(t *testing.T) {
			require.Empty(t, collect(t, adapter.handler(flow.Of(adapter.unwanted, adapter.unwanted))))
		})
	}
}

func TestKindThatIsNotWantedFailsWithAChosenCode(t *testing.T) {
	for name, adapter := range adapters(message.Codec{Other: message.FailWith(4001)}) {
		t.Run(name, func(t *testing.T) {
			_, err := flow.Collect(t.Context(), adapter.handler(flow.Of(adapter.unwanted)))
			requireCloses(t, err, 4001, adapter.unwanted.Kind().String()+" messages are not accepted")
			require.ErrorContains(t, err, "1003 unsupported data", "the log has the cause")
		})
	}
}

func TestSkippedStreamIsDrained(t *testing.T) {
	read := 0
	chunks := flow.Map(flow.Of([]byte("b"), []byte("c")), func(b []byte) []byte { read++; return b })
	handler := message.TextOnly(upper, message.Codec{Other: message.Skip})
	in := flow.Of(message.Text("a"), message.BinaryStream(chunks), message.Text("d"))

	require.Equal(t, []message.Message{message.Text("A"), message.Text("D")}, collect(t, handler(in)))
	require.Equal(t, 2, read)
}

func TestSkippedStreamThatFailsEndsTheHandler(t *testing.T) {
	broken := errors.New("broken")
	handler := message.TextOnly(upper, message.Codec{Other: message.Skip})
	_, err := flow.Collect(t.Context(), handler(flow.Of(message.BinaryStream(flow.Fail[[]byte](broken)))))
	require.ErrorIs(t, err, broken)
}

func TestRefusedStreamIsNotRead(t *testing.T) {
	chunks := flow.Map(flow.Of([]byte("b")), func([]byte) []byte { panic("read") })
	_, err := flow.Collect(t.Context(), message.TextOnly(upper)(flow.Of(message.BinaryStream(chunks))))
	requireCloses(t, err, protocol.CloseUnsupportedData, "binary messages are not accepted")
}

func TestPolicyMayReadTheMessageItself(t *testing.T) {
	chunks := make(chan []byte, 2)
	chunks <- []byte("b")
	chunks <- []byte("c")
	close(chunks)
	var seen string
	handler := message.TextOnly(upper, message.Codec{Other: func(ctx context.Context, m message.Message, err error) error {
		requireCloses(t, err, protocol.CloseUnsupportedData, "binary messages are not accepted")
		whole, err := m.Strict(ctx, 0)
		seen = whole.Text()
		return err
	}})
	oneShot := message.Inbound(message.KindBinary, flow.FromChan(chunks), nil)
	require.Equal(t, []message.Message{message.Text("D")}, collect(t, handler(flow.Of(oneShot, message.Text("d")))))
	require.Equal(t, "bc", seen)
}

func TestStreamedMessagesAreCollected(t *testing.T) {
	require.Equal(t, []message.Message{message.Text("HÉ")},
		collect(t, message.TextOnly(upper)(flow.Of(message.TextStream(flow.Of("h\xc3", "\xa9"))))))
	require.Equal(t, []message.Message{message.Binary([]byte{1, 2})},
		collect(t, message.BinaryOnly(same[[]byte])(flow.Of(message.BinaryStream(flow.Of([]byte{1}, []byte{2}))))))
	require.Equal(t, []message.Message{message.Text(`{"n":1}`)},
		collect(t, message.JSON(same[any])(flow.Of(message.TextStream(flow.Of(`{"n`, `":1}`))))))
}

func TestMessageOverTheLimitOfTheCodecFailsWith1009(t *testing.T) {
	handler := message.TextOnly(upper, message.Codec{Limit: 3})
	for _, m := range []message.Message{message.Text("1234"), message.TextStream(flow.Of("12", "34"))} {
		replies, err := flow.Collect(t.Context(), handler(flow.Of(message.Text("abc"), m)))
		requireCloses(t, err, protocol.CloseMessageTooBig, "message is longer than 3 bytes")
		require.ErrorContains(t, err, "Codec.Limit")
		require.Equal(t, []message.Message{message.Text("ABC")}, replies, "an error does not overtake a reply")
	}
}

func TestTextOnlyIsGivenValidTextOnly(t *testing.T) {
	_, err := flow.Collect(t.Context(), message.TextOnly(upper, message.Codec{Invalid: message.Skip})(flow.Of(message.Text("\xff"))))
	requireCloses(t, err, protocol.CloseInvalidPayload, "text is not valid UTF-8")
}

func TestAdaptersShowInTheDescription(t *testing.T) {
	in := flow.Of(someText)
	require.Equal(t, "Text\n  Map\n    TextOnly\n      Of\n", flow.Describe(message.TextOnly(upper)(in)).String())
	require.Equal(t, "Binary\n  BinaryOnly\n    Of\n", flow.Describe(message.BinaryOnly(same[[]byte])(in)).String())
	require.Equal(t, "EncodeJSON\n  DecodeJSON\n    Of\n", flow.Describe(message.JSON(same[any])(in)).String())
}

func TestWrongSetUpPanics(t *testing.T) {
	require.PanicsWithValue(t, "message: an adapter takes at most one Codec", func() {
		message.TextOnly(upper, message.Codec{}, message.Codec{})
	})
	require.PanicsWithValue(t, "message: FailWith: close code 1006 abnormal closure may not be sent", func() {
		message.FailWith(protocol.CloseAbnormal)
	})
}

func TestTextOnlyAllocatesNothingPerMessage(t *testing.T) {
	for name, m := range map[string]message.Message{
		"known to be valid": message.ValidText("Hello"),
		"unchecked":         message.Text("Hello"),
	} {
		t.Run(name, func(t *testing.T) {
			const n = 1000
			none, many := allocs(t, m, 0), allocs(t, m, n)
			require.Less(t, (many-none)/n, 0.001, "%v for a run, %v for one of %d messages", none, many, n)
		})
	}
}

func TestBinaryOnlyAllocatesNothingPerMessage(t *testing.T) {
	handler := message.BinaryOnly(same[[]byte])
	run := func(n int) float64 { return allocsOf(t, handler, message.Binary([]byte("Hello")), n) }
	require.Less(t, (run(1000)-run(0))/1000, 0.001)
}

func allocs(t *testing.T, m message.Message, n int) float64 {
	t.Helper()
	return allocsOf(t, message.TextOnly(func(in flow.Source[string]) flow.Source[string] {
		return flow.Map(in, func(s string) string { return s[1:] })
	}), m, n)
}

// allocsOf counts the allocations of one run of the handler over n messages.
func allocsOf(t *testing.T, handler flow.Flow[message.Message, message.Message], m message.Message, n int) float64 {
	t.Helper()
	replies := handler(times(m, n))
	return testing.AllocsPerRun(10, func() {
		if err := replies.Run(t.Context(), discard); err != nil {
			panic(err)
		}
	})
}

func discard(message.Message) error { return nil }

// times emits m n times.
func times(m message.Message, n int) flow.Source[message.Message] {
	return flow.FromFunc(func(_ context.Context, emit func(message.Message) error) error {
		for range n {
			if err := emit(m); err != nil {
				return err
			}
		}
		return nil
	})
}

func BenchmarkTextOnly(b *testing.B) {
	for name, m := range map[string]message.Message{
		"known to be valid": message.ValidText("Hello, world"),
		"unchecked":         message.Text("Hello, world"),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			replies := message.TextOnly(same[string])(times(m, b.N))
			if err := replies.Run(b.Context(), discard); err != nil {
				b.Fatal(err)
			}
		})
	}
}
