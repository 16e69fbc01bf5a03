package protocol

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// wires are sessions without a violation, as a client sends them.
var wires = []struct {
	name string
	wire []byte
	want []item
}{
	{"empty binary message", binary1(true, ""), []item{message(OpBinary, "")}},
	{"empty text message", text(true, ""), []item{message(OpText, "")}},
	{"whole text", text(true, "Hello"), []item{message(OpText, "Hello")}},
	{"whole binary", binary1(true, "\xff\x00\xff"), []item{message(OpBinary, "\xff\x00\xff")}},
	{"126 bytes", binary1(true, strings.Repeat("x", 126)), []item{message(OpBinary, strings.Repeat("x", 126))}},
	{"64 KiB", binary1(true, strings.Repeat("x", 65536)), []item{message(OpBinary, strings.Repeat("x", 65536))}},
	{"two fragments", sent(text(false, "Hel"), more(true, "lo")), []item{fragmented(OpText, "Hello")}},
	{"empty last fragment", sent(binary1(false, "a"), more(true, "")), []item{fragmented(OpBinary, "a")}},
	{"only empty fragments", sent(text(false, ""), more(false, ""), more(true, "")), []item{fragmented(OpText, "")}},
	{"code point across fragments", sent(text(false, "\xe2"), more(false, "\x82"), more(true, "\xac")), []item{fragmented(OpText, "€")}},
	{"ping between fragments", sent(text(false, "Hel"), ping("p"), more(true, "lo")), []item{
		{typ: EventData, op: OpText, start: true, payload: "Hel"},
		{typ: EventPing, op: OpPing, payload: "p"},
		{typ: EventData, op: OpText, end: true, payload: "lo"},
	}},
	{"ping inside a code point", sent(text(false, "\xe2\x82"), ping(""), more(true, "\xac")), []item{
		{typ: EventData, op: OpText, start: true, payload: "\xe2\x82"},
		{typ: EventPing, op: OpPing},
		{typ: EventData, op: OpText, end: true, payload: "\xac"},
	}},
	{"longest ping", ping(strings.Repeat("p", 125)), []item{{typ: EventPing, op: OpPing, payload: strings.Repeat("p", 125)}}},
	{"unsolicited pong", pong("x"), []item{{typ: EventPong, op: OpPong, payload: "x"}}},
	{"several messages", sent(text(true, "a"), binary1(true, "b"), text(true, "c")), []item{message(OpText, "a"), message(OpBinary, "b"), message(OpText, "c")}},
	{"empty close", closing(""), []item{{typ: EventClose, op: OpClose, code: CloseNoStatus}}},
	{"close with a reason", closing("\x03\xe9bye"), []item{{typ: EventClose, op: OpClose, code: CloseGoingAway, payload: "\x03\xe9bye", closeText: "bye"}}},
	{"close inside a message", sent(text(false, "a"), closing("\x03\xe8")), []item{
		{typ: EventData, op: OpText, start: true, payload: "a"},
		{typ: EventClose, op: OpClose, code: CloseNormal, payload: "\x03\xe8"},
	}},
	{"anything after the close", sent(closing("\x03\xe8"), text(true, "late"), ping(""), closing(""), []byte("\xff\xff\xff")), []item{
		{typ: EventClose, op: OpClose, code: CloseNormal, payload: "\x03\xe8"},
	}},
	{"mask key of zeros", AppendFrameHeader(nil, FrameHeader{Fin: true, Opcode: OpText, Masked: true}), []item{message(OpText, "")}},
}

func TestReaderGivesTheSameEventsForAnyChunks(t *testing.T) {
	for _, c := range wires {
		t.Run(c.name, func(t *testing.T) {
			for _, size := range []int{0, 1, 2, 3, 5, 7, 13, 4096} {
				got, err := transcript(t, ReaderConfig{}, c.wire, size)
				require.NoError(t, err)
				require.Equal(t, c.want, got, "chunks of %d bytes", size)
			}
		})
	}
}

// RFC 6455, 5.7: the examples of the section, to a client.
func TestClientReadsTheExamplesOfTheRFC(t *testing.T) {
	wire := sent(
		[]byte{0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f},
		[]byte{0x01, 0x03, 0x48, 0x65, 0x6c}, []byte{0x80, 0x02, 0x6c, 0x6f},
		[]byte{0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f},
	)
	got, err := transcript(t, ReaderConfig{Role: Client}, wire)
	require.NoError(t, err)
	require.Equal(t, []item{
		message(OpText, "Hello"), fragmented(OpText, "Hello"), {typ: EventPing, op: OpPing, payload: "Hello"},
	}, got)
}

func TestHeaderAloneBeginsAMessage(t *testing.T) {
	r := NewReader(ReaderConfig{Role: Client})
	ev, n, err := r.Next([]byte{0x82, 0x05})
	require.NoError(t, err)
	require.Equal(t, 2, n)
	require.Equal(t, Event{Type: EventData, Opcode: OpBinary, Start: true, Single: true, Length: 5, Payload: []byte{}}, ev)
	require.EqualValues(t, 5, r.Remaining())
	require.True(t, r.InMessage())

	_, n, err = r.Next(nil)
	require.ErrorIs(t, err, ErrShort)
	require.Zero(t, n)

	// The rest of the payload may stand in memory of its own.
	b := []byte("abcde\x81\x00")
	ev, n, err = r.Next(b[:r.Remaining()])
	require.NoError(t, err)
	require.Equal(t, 5, n)
	require.Equal(t, Event{Type: EventData, Opcode: OpBinary, End: true, Single: true, Length: 5, Payload: []byte("abcde")}, ev)
	require.Zero(t, r.Remaining())
	require.False(t, r.InMessage())
}

func TestPayloadIsAPartOfTheBufferAndEndsWithItsFrame(t *testing.T) {
	b := sent(text(true, "one"), text(true, "two"))
	second := append([]byte{}, b[9:]...)
	ev, n, err := NewReader(ReaderConfig{}).Next(b)
	require.NoError(t, err)
	require.Equal(t, 9, n)
	require.Same(t, &b[6], &ev.Payload[0])
	require.Equal(t, 3, cap(ev.Payload), "appending must not run into the next frame")
	require.Equal(t, second, b[9:], "bytes that are not consumed must not change")
}

func TestControlFrameWaitsUntilItIsComplete(t *testing.T) {
	wire := ping("payload")
	for end := range wire {
		b := append([]byte{}, wire[:end]...)
		_, n, err := NewReader(ReaderConfig{}).Next(b)
		require.ErrorIs(t, err, ErrShort)
		require.Zero(t, n)
		require.Equal(t, wire[:end], b, "what is presented again must not be unmasked")
	}
}

func TestPartialRuneTellsHowMuchTextToHoldBack(t *testing.T) {
	r := NewReader(ReaderConfig{Role: Client})
	ev, _, err := r.Next(frame(Server, false, OpText, "a\xf0\x9f\x98"))
	require.NoError(t, err)
	require.Equal(t, "a", string(ev.Payload[:len(ev.Payload)-r.PartialRune()]))
	_, _, err = r.Next(frame(Server, true, OpContinuation, "\x80"))
	require.NoError(t, err)
	require.Zero(t, r.PartialRune())
}

func TestAfterTheCloseEverythingIsConsumed(t *testing.T) {
	var r Reader // the zero Reader is a server's
	wire := closing("")
	ev, n, err := r.Next(wire)
	require.NoError(t, err)
	require.Equal(t, len(wire), n)
	require.Equal(t, EventClose, ev.Type)
	for _, rest := range []string{"", "x", string(text(true, "late"))} {
		ev, n, err = r.Next([]byte(rest))
		require.ErrorIs(t, err, ErrClosed)
		require.Equal(t, len(rest), n)
		require.Zero(t, ev)
	}
}

func TestInitForgetsTheConnection(t *testing.T) {
	r := NewReader(ReaderConfig{})
	_, _, err := r.Next([]byte{0xff, 0xff})
	require.Error(t, err)
	r.Init(ReaderConfig{})
	ev, _, err := r.Next(text(true, "fresh"))
	require.NoError(t, err)
	require.Equal(t, "fresh", string(ev.Payload))
}

func TestReaderAllocatesNothingPerFrame(t *testing.T) {
	wire := sent(text(false, "κόσμε"), ping("x"), more(true, "abc"), binary1(true, strings.Repeat("x", 500)), pong(""))
	b := make([]byte, len(wire))
	var r Reader
	allocs := testing.AllocsPerRun(100, func() {
		copy(b, wire)
		for rest := b; ; {
			_, n, err := r.Next(rest)
			if err == ErrShort {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
	})
	require.Zero(t, allocs)
}

// Any chunks give the same events and the same error as all at once.
func FuzzReaderChunks(f *testing.F) {
	for _, c := range wires {
		if len(c.wire) < 1000 {
			f.Add(c.wire, uint8(0), int64(0), []byte{1})
			f.Add(c.wire, uint8(1), int64(4), []byte{2, 5})
		}
	}
	for _, c := range violations {
		f.Add(c.wire, uint8(8), int64(-1), []byte{1, 3, 1})
	}
	f.Add(frame(Server, true, OpText, "Hello"), uint8(1), int64(5), []byte{3})
	f.Fuzz(func(t *testing.T, wire []byte, bits uint8, limit int64, cuts []byte) {
		cfg := ReaderConfig{Role: Role(bits & 1), RSV: bits >> 1 & 7, MaxMessage: limit}
		sizes := []int{1}
		for _, c := range cuts {
			sizes = append(sizes, int(c)+1)
		}
		whole, wantErr := transcript(t, cfg, wire)
		for _, sizes := range [][]int{{1}, sizes} {
			split, err := transcript(t, cfg, wire, sizes...)
			require.Equal(t, wantErr, err)
			require.Equal(t, settled(whole, err), settled(split, err))
		}
	})
}

func BenchmarkReaderNext(b *testing.B) {
	for _, size := range []int{125, 16 << 10} {
		for _, op := range []Opcode{OpText, OpBinary} {
			b.Run(fmt.Sprintf("%v/%d", op, size), func(b *testing.B) {
				// With a key of zeros the text stays text, run after run.
				h := FrameHeader{Fin: true, Opcode: op, Masked: true, Length: int64(size)}
				wire := append(AppendFrameHeader(nil, h), strings.Repeat("a", size)...)
				var r Reader
				b.SetBytes(int64(len(wire)))
				b.ReportAllocs()
				for b.Loop() {
					if _, n, err := r.Next(wire); err != nil || n != len(wire) {
						b.Fatal(n, err)
					}
				}
			})
		}
	}
}
