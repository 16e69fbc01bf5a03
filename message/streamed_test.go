package message_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
)

func TestChunksAreTheContent(t *testing.T) {
	tests := []struct {
		name string
		m    message.Message
		want []string
	}{
		{"strict text is one chunk", message.Text("Hello"), []string{"Hello"}},
		{"strict binary is one chunk", message.Binary([]byte{1, 2}), []string{"\x01\x02"}},
		{"empty text has none", message.Text(""), nil},
		{"empty binary has none", message.Binary(nil), nil},
		{"a stream without chunks has none", message.TextStream(flow.Of[string]()), nil},
		{"the zero source has none", message.BinaryStream(flow.Source[[]byte]{}), nil},
		{"chunks of text", message.TextStream(flow.Of("Hel", "lo")), []string{"Hel", "lo"}},
		{"chunks of bytes", message.BinaryStream(flow.Of([]byte{1}, []byte{2})), []string{"\x01", "\x02"}},
		{"chunks of an inbound message", message.Inbound(message.KindText, flow.Of([]byte("Hel"), []byte("lo")), nil), []string{"Hel", "lo"}},
		{"empty chunks are dropped", message.BinaryStream(flow.Of(nil, []byte{1}, []byte{})), []string{"\x01"}},
		{"empty chunks of text are dropped", message.TextStream(flow.Of("", "a", "")), []string{"a"}},
		{"invalid text is not looked at", message.TextStream(flow.Of("\xff")), []string{"\xff"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for range 2 { // a recipe runs from its beginning
				var got []string
				for _, chunk := range collect(t, test.m.Chunks()) {
					got = append(got, string(chunk))
				}
				require.Equal(t, test.want, got)
			}
		})
	}
}

func TestFailureOfChunksPassesOn(t *testing.T) {
	broken := errors.New("broken")
	m := message.BinaryStream(flow.Concat(flow.Of([]byte("a")), flow.Fail[[]byte](broken)))

	chunks, err := flow.Collect(t.Context(), m.Chunks())
	require.ErrorIs(t, err, broken)
	require.Len(t, chunks, 1)

	texts, err := flow.Collect(t.Context(), m.TextChunks())
	require.ErrorIs(t, err, broken)
	require.Equal(t, []string{"a"}, texts)
}

// An inbound is one streamed message of a stand-in for an engine: it drains the message once it is neither touched nor
// held.
type inbound struct{ held, holds int }

func (h *inbound) Hold()    { h.held++; h.holds++ }
func (h *inbound) Release() { h.held-- }

func TestHoldAndReleaseGoToTheConnection(t *testing.T) {
	var h inbound
	var m flow.Holder = message.Inbound(message.KindText, flow.Of([]byte("a")), &h)
	m.Hold()
	require.Equal(t, 1, h.held)
	m.Release()
	require.Zero(t, h.held)
}

func TestHoldOfOtherMessagesDoesNothing(t *testing.T) {
	for _, m := range []message.Message{
		{},
		message.Text("a"), message.ValidText("a"), message.Binary([]byte("a")), message.TextStream(flow.Of("a")),
		message.BinaryStream(flow.Of([]byte("a"))), message.Inbound(message.KindText, flow.Of([]byte("a")), nil),
	} {
		m.Hold()
		m.Release()
	}
}

func TestAsyncHoldsInboundMessages(t *testing.T) {
	var h inbound
	in := flow.Of(message.Inbound(message.KindText, flow.Of([]byte("a")), &h))
	err := flow.Async(in).Run(t.Context(), func(m message.Message) error {
		require.Equal(t, 1, h.held)
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, 1, h.holds)
	require.Zero(t, h.held)
}

// The reply is written while emit is on the stack: nobody needs to hold the message that its chunks come from.
func TestReplyOfInboundChunksIsReadWhileItIsHandedOn(t *testing.T) {
	var h inbound
	open := false
	chunks := flow.FromFunc(func(_ context.Context, emit func([]byte) error) error {
		for _, chunk := range []string{"A", "da"} {
			if !open {
				return errors.New("drained")
			}
			if err := emit([]byte(chunk)); err != nil {
				return err
			}
		}
		return nil
	})
	reader := flow.FromFunc(func(_ context.Context, emit func(message.Message) error) error {
		open = true
		err := emit(message.Inbound(message.KindText, chunks, &h))
		open = h.held > 0
		return err
	})

	var wire []string
	err := greeter(reader).Run(t.Context(), func(m message.Message) error {
		return m.TextChunks().Run(t.Context(), func(chunk string) error {
			wire = append(wire, chunk)
			return nil
		})
	})
	require.NoError(t, err)
	require.Equal(t, []string{"Hello ", "A", "da", "!"}, wire)
	require.Zero(t, h.holds)
}
