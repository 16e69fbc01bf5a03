package message_test

import (
	"reflect"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
)

func TestMessageIsSmallAndMakingAStrictOneAllocatesNothing(t *testing.T) {
	require.LessOrEqual(t, unsafe.Sizeof(message.Message{}), uintptr(32))

	text, bytes := "Hello", []byte("Hello")
	length := 0
	allocs := testing.AllocsPerRun(100, func() {
		for _, m := range []message.Message{message.Text(text), message.ValidText(text), message.Binary(bytes)} {
			length += m.Len() + len(m.Text()) + len(m.Bytes())
		}
	})
	require.Zero(t, allocs)
}

func TestZeroMessageIsEmptyText(t *testing.T) {
	var m message.Message
	require.True(t, m.IsText())
	require.True(t, m.IsStrict())
	require.Empty(t, m.Text())
	require.Equal(t, message.Text(""), m)
	require.Equal(t, message.ValidText(""), m)
}

func TestStrictContentIsReadAsTextAndAsBytesWhateverTheKind(t *testing.T) {
	for _, m := range []message.Message{
		message.Text("Hello"), message.ValidText("Hello"), message.Binary([]byte("Hello")),
	} {
		t.Run(m.String(), func(t *testing.T) {
			require.Equal(t, "Hello", m.Text())
			require.Equal(t, []byte("Hello"), m.Bytes())
			require.Equal(t, 5, m.Len())
			require.True(t, m.IsStrict())
			require.NotEqual(t, m.IsText(), m.IsBinary())
		})
	}
}

func TestContentIsNotCopied(t *testing.T) {
	b := []byte("Hello")
	m := message.Binary(b)
	require.Same(t, &b[0], &m.Bytes()[0])
	require.Same(t, &b[0], unsafe.StringData(m.Text()))
	require.Same(t, &b[0], &collect(t, m.Chunks())[0][0])
}

func TestAppendingToBytesDoesNotTouchTheMessage(t *testing.T) {
	backing := []byte("Hello, world")
	m := message.Binary(backing[:5])
	require.Equal(t, 5, cap(m.Bytes()))
	_ = append(m.Bytes(), '!')
	require.Equal(t, "Hello, world", string(backing))
	for _, chunk := range collect(t, message.BinaryStream(flow.Of(backing[:5])).Chunks()) {
		_ = append(chunk, '!')
	}
	require.Equal(t, "Hello, world", string(backing))
}

func TestBytesOfAnEmptyMessageAreNotNil(t *testing.T) {
	require.Equal(t, []byte{}, message.Binary(nil).Bytes())
	require.Equal(t, []byte{}, message.Text("").Bytes())
}

func TestEqual(t *testing.T) {
	streamed := message.TextStream(flow.Of("a"))
	tests := []struct {
		name string
		a, b message.Message
		want bool
	}{
		{"same text", message.Text("a"), message.Text("a"), true},
		{"texts of which one is known to be valid", message.Text("a"), message.ValidText("a"), true},
		{"other text", message.Text("a"), message.Text("b"), false},
		{"same binary", message.Binary([]byte("a")), message.Binary([]byte("a")), true},
		{"other kind", message.Text("a"), message.Binary([]byte("a")), false},
		{"empty texts", message.Text(""), message.ValidText(""), true},
		{"empty binary, nil or not", message.Binary(nil), message.Binary([]byte{}), true},
		{"empty text and empty binary", message.Text(""), message.Binary(nil), false},
		{"a streamed message and itself", streamed, streamed, false},
		{"a streamed and a strict message", streamed, message.Text("a"), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, test.a.Equal(test.b))
			require.Equal(t, test.want, test.b.Equal(test.a))
			if test.a.IsStrict() && test.b.IsStrict() {
				require.Equal(t, test.want, reflect.DeepEqual(test.a, test.b), "DeepEqual agrees about strict messages")
			}
		})
	}
}

func TestOnlyTextsThatWereCheckedAreKnownToBeValid(t *testing.T) {
	require.True(t, message.ValidText("a").IsKnownValid())
	require.True(t, message.Text("").IsKnownValid())
	require.False(t, message.Text("a").IsKnownValid())
	require.False(t, message.Binary([]byte("a")).IsKnownValid())
	require.False(t, message.Binary(nil).IsKnownValid())
	require.False(t, message.TextStream(flow.Source[string]{}).IsKnownValid())
}

func TestStrictContentOfAStreamedMessageIsAProgrammersError(t *testing.T) {
	for _, m := range []message.Message{
		message.TextStream(flow.Of("a")),
		message.BinaryStream(flow.Of([]byte("a"))),
		message.Inbound(message.KindText, flow.Source[[]byte]{}, nil),
	} {
		const rest = " of a streamed message: collect it with Strict, or read TextChunks or Chunks"
		require.PanicsWithValue(t, "message: Text"+rest, func() { _ = m.Text() })
		require.PanicsWithValue(t, "message: Bytes"+rest, func() { _ = m.Bytes() })
		require.PanicsWithValue(t, "message: Len"+rest, func() { _ = m.Len() })
	}
}

func TestKindHasAName(t *testing.T) {
	require.Equal(t, "text", message.KindText.String())
	require.Equal(t, "binary", message.KindBinary.String())
	require.Equal(t, "Kind(7)", message.Kind(7).String())
}

// collect runs a source that must complete.
func collect[T any](t *testing.T, s flow.Source[T]) []T {
	t.Helper()
	values, err := flow.Collect(t.Context(), s)
	require.NoError(t, err)
	return values
}
