package protocol_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
)

func TestFrameIsAppendedAsItSays(t *testing.T) {
	for name, tc := range map[string]struct {
		frame protocol.Frame
		bytes string
		says  string
	}{
		"text": {protocol.Frame{Fin: true, Opcode: protocol.OpText, Payload: []byte("Hello")}, "\x81\x05Hello", "text, 5 bytes"},
		"masked": { // RFC 6455, 5.7
			protocol.Frame{Fin: true, Opcode: protocol.OpText, Masked: true, MaskKey: [4]byte{0x37, 0xfa, 0x21, 0x3d}, Payload: []byte("Hello")},
			"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", "text, 5 bytes",
		},
		"fragment":            {protocol.Frame{RSV: protocol.RSV1, Opcode: protocol.OpBinary}, "\x42\x00", "binary, 0 bytes, more follow, RSV 100"},
		"one that may not be": {protocol.Frame{Opcode: 11}, "\x0b\x00", "opcode 11, 0 bytes, more follow"},
	} {
		t.Run(name, func(t *testing.T) {
			payload := string(tc.frame.Payload)
			require.Equal(t, "before"+tc.bytes, string(tc.frame.Append([]byte("before"))))
			require.Equal(t, payload, string(tc.frame.Payload)) // left alone
			require.Equal(t, tc.says, tc.frame.String())
			h, n, err := protocol.ParseFrameHeader([]byte(tc.bytes))
			require.NoError(t, err)
			require.Equal(t, tc.frame.Header(), h)
			require.Equal(t, len(tc.bytes), n+len(payload))
		})
	}
}

func TestWriterAppendsFramesOfAnyKindInTheirOrder(t *testing.T) {
	w := protocol.NewWriter(protocol.Server, nil)
	var b []byte
	for _, f := range []protocol.Frame{
		{RSV: protocol.RSV1, Opcode: protocol.OpText, Masked: true, MaskKey: [4]byte{1, 2, 3, 4}, Payload: []byte("a")},
		{Fin: true, Opcode: protocol.OpPing, Payload: []byte("p")},
		{Fin: true, Opcode: protocol.OpPong},
		{Fin: true, Payload: []byte("b")},
		{Fin: true, Opcode: protocol.OpClose, Payload: []byte{3, 0xe8}},
	} {
		var err error
		b, err = w.Append(b, f)
		require.NoError(t, err)
	}
	require.Equal(t, "\x41\x01a"+"\x89\x01p"+"\x8a\x00"+"\x80\x01b"+"\x88\x02\x03\xe8", string(b))
	_, err := w.Append(nil, protocol.Frame{Fin: true, Opcode: protocol.OpPing})
	require.ErrorIs(t, err, protocol.ErrCloseSent)
}

func TestWriterRefusesFramesThatMayNotBeSent(t *testing.T) {
	for name, tc := range map[string]struct {
		frame protocol.Frame
		want  error
	}{
		"reserved opcode":           {protocol.Frame{Fin: true, Opcode: 3}, protocol.ErrInvalidFrame},
		"reserved control opcode":   {protocol.Frame{Fin: true, Opcode: 11}, protocol.ErrInvalidFrame},
		"fragmented ping":           {protocol.Frame{Opcode: protocol.OpPing}, protocol.ErrInvalidFrame},
		"RSV bit on a ping":         {protocol.Frame{Fin: true, RSV: 1, Opcode: protocol.OpPing}, protocol.ErrInvalidFrame},
		"RSV bit on a continuation": {protocol.Frame{Fin: true, RSV: 1}, protocol.ErrInvalidFrame},
		"continuation of nothing":   {protocol.Frame{Fin: true}, protocol.ErrNoMessage},
		"long ping":                 {protocol.Frame{Fin: true, Opcode: protocol.OpPing, Payload: make([]byte, 126)}, protocol.ErrControlTooLong},
		"close frame of one byte":   {protocol.Frame{Fin: true, Opcode: protocol.OpClose, Payload: []byte{3}}, protocol.ErrInvalidFrame},
		"close frame with 1005":     {protocol.Frame{Fin: true, Opcode: protocol.OpClose, Payload: []byte{3, 0xed}}, protocol.ErrInvalidFrame},
	} {
		t.Run(name, func(t *testing.T) {
			w := protocol.NewWriter(protocol.Server, nil)
			b, err := w.Append([]byte("before"), tc.frame)
			require.ErrorIs(t, err, tc.want)
			require.Equal(t, "before", string(b))
			b, err = w.Append(nil, protocol.Frame{Fin: true, Opcode: protocol.OpText}) // as if nothing had been
			require.NoError(t, err)
			require.Equal(t, "\x81\x00", string(b))
		})
	}
}

func TestReaderKnowsTheHeaderOfItsFrame(t *testing.T) {
	var want []protocol.FrameHeader
	var b []byte
	for _, f := range []protocol.Frame{
		{Opcode: protocol.OpText, Masked: true, MaskKey: [4]byte{1, 2, 3, 4}, Payload: []byte("ab")},
		{Fin: true, Opcode: protocol.OpPing, Masked: true, MaskKey: [4]byte{5, 6, 7, 8}, Payload: []byte("p")},
		{Fin: true, Masked: true, Payload: []byte("c")},
		{Fin: true, Opcode: protocol.OpClose, Masked: true},
	} {
		b = f.Append(b)
		want = append(want, f.Header())
	}
	r := protocol.NewReader(protocol.ReaderConfig{})
	var got []protocol.FrameHeader
	for len(b) > 0 {
		_, n, err := r.Next(b)
		require.NoError(t, err)
		b = b[n:]
		got = append(got, r.Header())
	}
	require.Equal(t, want, got)
}
