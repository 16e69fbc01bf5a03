package protocol

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func rfcKey() [4]byte { return [4]byte{0x37, 0xfa, 0x21, 0x3d} }

// RFC 6455, 5.7: the examples of the section.
func TestWriterWritesTheExamplesOfTheRFC(t *testing.T) {
	hello := []byte("Hello")
	t.Run("unmasked text", func(t *testing.T) {
		b, err := new(Writer).AppendMessage(nil, OpText, hello)
		require.NoError(t, err)
		require.Equal(t, []byte{0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f}, b)
	})
	t.Run("masked text", func(t *testing.T) {
		b, err := NewWriter(Client, rfcKey).AppendMessage(nil, OpText, hello)
		require.NoError(t, err)
		require.Equal(t, []byte{0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58}, b)
		require.Equal(t, "Hello", string(hello), "the payload stays as it was")
	})
	t.Run("fragmented text", func(t *testing.T) {
		w := NewWriter(Server, nil)
		b, err := w.AppendFrame(nil, OpText, hello[:3], false)
		require.NoError(t, err)
		require.True(t, w.InMessage())
		b, err = w.AppendFrame(b, OpContinuation, hello[3:], true)
		require.NoError(t, err)
		require.False(t, w.InMessage())
		require.Equal(t, []byte{0x01, 0x03, 0x48, 0x65, 0x6c, 0x80, 0x02, 0x6c, 0x6f}, b)
	})
	t.Run("ping and masked pong", func(t *testing.T) {
		b, err := NewWriter(Server, nil).AppendPing(nil, hello)
		require.NoError(t, err)
		require.Equal(t, []byte{0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f}, b)
		b, err = NewWriter(Client, rfcKey).AppendPong(nil, hello)
		require.NoError(t, err)
		require.Equal(t, []byte{0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58}, b)
	})
	t.Run("headers of 256 bytes and 64 KiB", func(t *testing.T) {
		w := NewWriter(Server, nil)
		b, key, err := w.AppendHeader(nil, OpBinary, 256, true)
		require.NoError(t, err)
		require.Zero(t, key)
		require.Equal(t, []byte{0x82, 0x7e, 0x01, 0x00}, b)
		b, _, err = w.AppendHeader(nil, OpBinary, 65536, true)
		require.NoError(t, err)
		require.Equal(t, []byte{0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0}, b)
	})
}

// RFC 6455, 5.1: "a client MUST mask all frames", the empty ones, too.
func TestClientMasksEveryFrame(t *testing.T) {
	w := NewWriter(Client, rfcKey)
	for name, write := range map[string]func() ([]byte, error){
		"message": func() ([]byte, error) { return w.AppendMessage(nil, OpText, nil) },
		"ping":    func() ([]byte, error) { return w.AppendPing(nil, nil) },
		"pong":    func() ([]byte, error) { return w.AppendPong(nil, nil) },
	} {
		b, err := write()
		require.NoError(t, err, name)
		require.Equal(t, []byte{0x80, 0x37, 0xfa, 0x21, 0x3d}, b[1:], name)
	}
	b, key, err := w.AppendHeader(nil, OpBinary, 3, true)
	require.NoError(t, err)
	require.Equal(t, rfcKey(), key)
	require.Equal(t, []byte{0x82, 0x83, 0x37, 0xfa, 0x21, 0x3d}, b)
}

func TestWriterRefusesWhatMayNotBeSent(t *testing.T) {
	open := func(w *Writer) {
		_, err := w.AppendFrame(nil, OpText, nil, false)
		require.NoError(t, err)
	}
	for name, c := range map[string]struct {
		before func(*Writer)
		write  func(w *Writer, dst []byte) ([]byte, error)
		want   error
	}{
		"message inside a message":  {open, func(w *Writer, d []byte) ([]byte, error) { return w.AppendMessage(d, OpText, nil) }, ErrMessageOpen},
		"fragment of another":       {open, func(w *Writer, d []byte) ([]byte, error) { return w.AppendFrame(d, OpBinary, nil, false) }, ErrMessageOpen},
		"continuation of nothing":   {nil, func(w *Writer, d []byte) ([]byte, error) { return w.AppendFrame(d, OpContinuation, nil, true) }, ErrNoMessage},
		"continuation as a message": {nil, func(w *Writer, d []byte) ([]byte, error) { return w.AppendMessage(d, OpContinuation, nil) }, ErrInvalidFrame},
		"ping as a message":         {nil, func(w *Writer, d []byte) ([]byte, error) { return w.AppendMessage(d, OpPing, nil) }, ErrInvalidFrame},
		"reserved opcode":           {nil, func(w *Writer, d []byte) ([]byte, error) { return w.AppendFrame(d, 3, nil, true) }, ErrInvalidFrame},
		"negative length": {nil, func(w *Writer, d []byte) ([]byte, error) {
			d, _, err := w.AppendHeader(d, OpText, -1, true)
			return d, err
		}, ErrInvalidFrame},
		"ping of 126 bytes": {nil, func(w *Writer, d []byte) ([]byte, error) { return w.AppendPing(d, make([]byte, 126)) }, ErrControlTooLong},
		"pong of 126 bytes": {nil, func(w *Writer, d []byte) ([]byte, error) { return w.AppendPong(d, make([]byte, 126)) }, ErrControlTooLong},
		"close 1006":        {nil, func(w *Writer, d []byte) ([]byte, error) { return w.AppendClose(d, CloseAbnormal, "") }, ErrInvalidClose},
	} {
		t.Run(name, func(t *testing.T) {
			w := NewWriter(Client, nil)
			if c.before != nil {
				c.before(w)
			}
			inMessage := w.InMessage()
			dst, err := c.write(w, []byte("x"))
			require.ErrorIs(t, err, c.want)
			require.Equal(t, "x", string(dst))
			require.Equal(t, inMessage, w.InMessage())
			require.False(t, w.CloseSent())
		})
	}
}

func TestNothingFollowsTheClose(t *testing.T) { // RFC 6455, 5.5.1
	w := NewWriter(Server, nil)
	b, err := w.AppendClose([]byte("x"), CloseGoingAway, "bye")
	require.NoError(t, err)
	require.Equal(t, "x\x88\x05\x03\xe9bye", string(b))
	require.True(t, w.CloseSent())
	for name, write := range map[string]func(dst []byte) ([]byte, error){
		"message":  func(d []byte) ([]byte, error) { return w.AppendMessage(d, OpText, nil) },
		"fragment": func(d []byte) ([]byte, error) { return w.AppendFrame(d, OpContinuation, nil, true) },
		"header":   func(d []byte) ([]byte, error) { d, _, err := w.AppendHeader(d, OpText, 1, true); return d, err },
		"ping":     func(d []byte) ([]byte, error) { return w.AppendPing(d, make([]byte, 126)) },
		"pong":     func(d []byte) ([]byte, error) { return w.AppendPong(d, nil) },
		"close":    func(d []byte) ([]byte, error) { return w.AppendClose(d, CloseAbnormal, "") },
	} {
		dst, err := write([]byte("x"))
		require.ErrorIs(t, err, ErrCloseSent, name)
		require.Equal(t, "x", string(dst), name)
	}
}

func TestEmptyCloseHasNoCode(t *testing.T) {
	b, err := NewWriter(Server, nil).AppendClose(nil, CloseNoStatus, "")
	require.NoError(t, err)
	require.Equal(t, []byte{0x88, 0x00}, b)
}

func TestControlFramesMayStandInsideAMessage(t *testing.T) { // RFC 6455, 5.4
	w := NewWriter(Server, nil)
	_, err := w.AppendFrame(nil, OpText, nil, false)
	require.NoError(t, err)
	for _, write := range []func(dst, payload []byte) ([]byte, error){w.AppendPing, w.AppendPong} {
		_, err = write(nil, nil)
		require.NoError(t, err)
		require.True(t, w.InMessage())
	}
	_, err = w.AppendClose(nil, CloseInternalError, "")
	require.NoError(t, err)
}

func TestRSVBitsMarkTheFirstFrameOfOneMessage(t *testing.T) { // RFC 7692, 6.1
	w := NewWriter(Server, nil)
	w.SetRSV(RSV1)
	var b []byte
	for _, write := range []func() ([]byte, error){
		func() ([]byte, error) { return w.AppendPing(b, nil) },
		func() ([]byte, error) { return w.AppendFrame(b, OpText, nil, false) },
		func() ([]byte, error) { return w.AppendFrame(b, OpContinuation, nil, true) },
		func() ([]byte, error) { return w.AppendMessage(b, OpText, nil) },
	} {
		var err error
		b, err = write()
		require.NoError(t, err)
	}
	require.Equal(t, []byte{0x89, 0, 0x41, 0, 0x80, 0, 0x81, 0}, b)
}

func TestWriterAllocatesNothingPerFrame(t *testing.T) {
	payload, buf := []byte(strings.Repeat("x", 500)), make([]byte, 0, 1024)
	for _, role := range []Role{Server, Client} {
		w := NewWriter(role, nil)
		allocs := testing.AllocsPerRun(200, func() {
			b, _ := w.AppendMessage(buf, OpText, payload)
			b, _ = w.AppendPing(b, payload[:8])
			_, _, _ = w.AppendHeader(b, OpBinary, 1<<20, true)
		})
		require.Zero(t, allocs, "%v", role)
	}
}

// What a Writer writes, the Reader of the other end reads.
func FuzzWriterToReader(f *testing.F) {
	f.Add([]byte("Hello"), []byte("p"), uint16(1000), "bye", uint8(0))
	f.Add([]byte("κόσμε"), []byte(""), uint16(4999), "", uint8(1))
	f.Add(bytes.Repeat([]byte("x"), 70000), bytes.Repeat([]byte("p"), 126), uint16(1005), "", uint8(1))
	f.Add([]byte("\xff"), []byte(""), uint16(1006), strings.Repeat("€", 60), uint8(3))
	f.Fuzz(func(t *testing.T, payload, control []byte, code uint16, reason string, bits uint8) {
		us, peer, rsv := Role(bits&1), Role(bits&1^1), bits>>1&7
		op := OpBinary
		if utf8.Valid(payload) {
			op = OpText
		}
		w, half := NewWriter(us, nil), len(payload)/2
		w.SetRSV(rsv)
		b, err := w.AppendFrame(nil, op, payload[:half], false)
		require.NoError(t, err)
		b, pingErr := w.AppendPing(b, control)
		b, err = w.AppendFrame(b, OpContinuation, payload[half:], true)
		require.NoError(t, err)
		b, err = w.AppendMessage(b, op, payload)
		require.NoError(t, err)
		b, key, err := w.AppendHeader(b, OpBinary, int64(len(payload)), true)
		require.NoError(t, err)
		start := len(b)
		b = append(b, payload...)
		if us == Client {
			Mask(b[start:], key, 0)
		}
		b, closeErr := w.AppendClose(b, CloseCode(code), reason)

		got, err := transcript(t, ReaderConfig{Role: peer, RSV: 7, MaxMessage: -1}, b)
		require.NoError(t, err)
		first := item{typ: EventData, op: op, rsv: rsv, start: true, payload: string(payload[:half])}
		second := item{typ: EventData, op: op, rsv: rsv, end: true, payload: string(payload[half:])}
		want := []item{first, {typ: EventPing, op: OpPing, payload: string(control)}, second}
		if pingErr != nil {
			first.payload, first.end = string(payload), true
			want = []item{first}
		}
		want = append(want, message(op, string(payload)), message(OpBinary, string(payload)))
		if closeErr == nil {
			last := got[len(got)-1]
			require.Equal(t, EventClose, last.typ)
			require.Equal(t, CloseCode(code), last.code)
			require.True(t, strings.HasPrefix(reason, last.closeText))
			got = got[:len(got)-1]
		}
		require.Equal(t, want, got)
	})
}

func BenchmarkWriterAppendMessage(b *testing.B) {
	payload, buf := make([]byte, 125), make([]byte, 0, 1024)
	for _, role := range []Role{Server, Client} {
		b.Run(role.String(), func(b *testing.B) {
			w := NewWriter(role, nil)
			b.ReportAllocs()
			for b.Loop() {
				_, _ = w.AppendMessage(buf, OpBinary, payload)
			}
		})
	}
}
