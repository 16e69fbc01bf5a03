package message_test

import (
	"context"
	"errors"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
)

func TestStrictCollectsTheChunks(t *testing.T) {
	tests := []struct {
		name    string
		m, want message.Message
	}{
		{"strict text", message.Text("é"), message.Text("é")},
		{"strict binary, of whatever bytes", message.Binary([]byte{0xff}), message.Binary([]byte{0xff})},
		{"streamed text", message.TextStream(flow.Of("H\xc3", "\xa9", "llo")), message.Text("Héllo")},
		{"streamed binary", message.BinaryStream(flow.Of([]byte{1}, nil, []byte{2}, []byte{0xff})), message.Binary([]byte{1, 2, 0xff})},
		{"inbound text", message.Inbound(message.KindText, flow.Of([]byte("a"), []byte("b")), nil), message.Text("ab")},
		{"streamed text without chunks", message.TextStream(flow.Of[string]()), message.Text("")},
		{"streamed binary without chunks", message.BinaryStream(flow.Of[[]byte]()), message.Binary(nil)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := test.m.Strict(t.Context(), 8)
			require.NoError(t, err)
			require.Equal(t, test.want, got)
			require.Equal(t, got.IsText(), got.IsKnownValid(), "text is checked")
		})
	}
}

func TestStrictOfASingleChunkDoesNotCopyIt(t *testing.T) {
	chunk := []byte("Hello")
	m, err := message.Inbound(message.KindText, flow.Of(chunk), nil).Strict(t.Context(), 0)
	require.NoError(t, err)
	require.Same(t, &chunk[0], unsafe.StringData(m.Text()))
}

func TestStrictDoesNotWriteToTheChunksItJoins(t *testing.T) {
	backing := []byte("abcdef")
	m, err := message.BinaryStream(flow.Of(backing[:1], []byte("XY"))).Strict(t.Context(), 0)
	require.NoError(t, err)
	require.Equal(t, "aXY", m.Text())
	require.Equal(t, "abcdef", string(backing))
}

func TestStrictRefusesWhatIsLongerThanItsLimit(t *testing.T) {
	for _, m := range []message.Message{
		message.Text("12345"),
		message.Binary([]byte("12345")),
		message.TextStream(flow.Of("12345")),
		message.TextStream(flow.Of("123", "45")),
		message.BinaryStream(flow.Of([]byte("1"), []byte("2"), []byte("345"))),
	} {
		_, err := m.Strict(t.Context(), 4)
		requireCloses(t, err, protocol.CloseMessageTooBig, "message is longer than 4 bytes")
		require.ErrorContains(t, err, "the limit given to Message.Strict")

		whole, err := m.Strict(t.Context(), 5)
		require.NoError(t, err)
		require.Equal(t, "12345", whole.Text())
	}
}

func TestStrictStopsReadingAtItsLimit(t *testing.T) {
	read := 0
	endless := flow.FromFunc(func(_ context.Context, emit func([]byte) error) error {
		for {
			read += 1000
			if err := emit(make([]byte, 1000)); err != nil {
				return err
			}
		}
	})
	_, err := message.BinaryStream(endless).Strict(t.Context(), 0)
	requireCloses(t, err, protocol.CloseMessageTooBig, "message is longer than 1048576 bytes")
	require.Less(t, read, message.DefaultLimit+2000)
}

func TestWithoutALimitAStrictMessageMayHaveAnyLength(t *testing.T) {
	long := message.Binary(make([]byte, message.DefaultLimit+1))
	got, err := long.Strict(t.Context(), 0)
	require.NoError(t, err)
	require.True(t, long.Equal(got))

	got, err = message.BinaryStream(flow.Of(make([]byte, message.DefaultLimit))).Strict(t.Context(), -1)
	require.NoError(t, err)
	require.Equal(t, message.DefaultLimit, got.Len())
}

func TestStrictTextThatIsNotUTF8FailsWith1007(t *testing.T) {
	for _, m := range []message.Message{message.Text("\xff"), message.TextStream(flow.Of("a\xc3"))} {
		_, err := m.Strict(t.Context(), 0)
		requireCloses(t, err, protocol.CloseInvalidPayload, "text is not valid UTF-8")
	}
}

func TestStrictFailsAsTheMessageDoes(t *testing.T) {
	broken := errors.New("broken")
	_, err := message.BinaryStream(flow.Concat(flow.Of([]byte("a")), flow.Fail[[]byte](broken))).Strict(t.Context(), 0)
	require.ErrorIs(t, err, broken)

	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(broken)
	_, err = message.TextStream(flow.Never[string]()).Strict(ctx, 0)
	require.ErrorIs(t, err, broken)
}

func TestStrictOfAStrictMessageAllocatesNothing(t *testing.T) {
	ctx, m := t.Context(), message.Text("Hello")
	require.Zero(t, testing.AllocsPerRun(100, func() {
		if _, err := m.Strict(ctx, 8); err != nil {
			panic(err)
		}
	}))
}
