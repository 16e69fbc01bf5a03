package driver_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/driver"
)

// sessions are what a client may send after its request, and what a server makes of it.
var sessions = []struct {
	name   string
	wire   []string
	events []string
	output string
}{
	{
		"text, binary, empty",
		[]string{
			fromClient(whole(protocol.OpText), "Hello"), fromClient(whole(protocol.OpBinary), "\x00\xff"),
			fromClient(whole(protocol.OpText), ""), fromClient(whole(protocol.OpText), strings.Repeat("é", 40_000)),
		},
		[]string{"text: Hello", "binary: \x00\xff", "text: ", "text: " + strings.Repeat("é", 40_000)},
		"",
	},
	{
		"fragments, with control frames between them",
		[]string{
			fromClient(part(protocol.OpText), "Hel"), fromClient(whole(protocol.OpPing), "1"), fromClient(part(protocol.OpContinuation), ""),
			fromClient(whole(protocol.OpPong), "2"), fromClient(part(protocol.OpContinuation), "l\xc3"), fromClient(whole(protocol.OpContinuation), "\xb6"),
		},
		[]string{"ping: 1", "pong: 2", "text: Hellö"},
		fromServer(whole(protocol.OpPong), "1"),
	},
	{
		"a message and the end",
		[]string{fromClient(whole(protocol.OpText), "x"), fromClient(whole(protocol.OpClose), closing(1001, "bye")), "anything"},
		[]string{"text: x", "websocket: closed by peer: 1001 going away: bye"},
		fromServer(whole(protocol.OpClose), closing(1001, "bye")),
	},
	violation("RSV", "\xc1\x80", 1002, "RSV bit is set without an extension that owns it (RFC 6455, 5.2)"),
	violation("an unknown opcode", "\x83\x80", 1002, "opcode 3 is reserved (RFC 6455, 5.2)"),
	violation("an unknown control opcode", "\x8b\x80", 1002, "opcode 11 is reserved (RFC 6455, 5.2)"),
	violation("a fragmented control frame", "\x09\x80", 1002, "control frame is fragmented (RFC 6455, 5.5)"),
	violation("a long control frame", "\x89\xfe", 1002, "control frame is longer than 125 bytes (RFC 6455, 5.5)"),
	violation("a stray continuation", "\x80\x80", 1002, "continuation without a message to continue (RFC 6455, 5.4)"),
	violation("a message inside a message", fromClient(part(protocol.OpText), "x")+"\x81\x80", 1002, "new message inside a fragmented one (RFC 6455, 5.4)"),
	violation("no mask", "\x81\x01x", 1002, "frame from a client is not masked (RFC 6455, 5.1)"),
	violation("a long length for a short one", "\x82\xfe\x00\x05", 1002, "payload length is not encoded in the minimal number of bytes (RFC 6455, 5.2)"),
	violation("too long by its header alone", "\x82\xff\x00\x00\x00\x00\x00\x10\x00\x01\x00\x00\x00\x00", 1009, "message exceeds 1048576 bytes"),
	violation("bad UTF-8", fromClient(whole(protocol.OpText), "ab\xffcd"), 1007, "text is not UTF-8 (RFC 6455, 8.1)"),
	violation("half a character", fromClient(part(protocol.OpText), "ab")+fromClient(whole(protocol.OpContinuation), "\xe2\x82"), 1007, "text ends inside a UTF-8 sequence (RFC 6455, 8.1)"),
}

func violation(name, wire string, code protocol.CloseCode, reason string) struct {
	name   string
	wire   []string
	events []string
	output string
} {
	e := &protocol.CloseError{Code: code, Reason: reason}
	return struct {
		name   string
		wire   []string
		events []string
		output string
	}{
		name: name, wire: []string{fromClient(whole(protocol.OpBinary), "before"), wire, fromClient(whole(protocol.OpText), "after")},
		events: []string{"binary: before", e.Error()},
		output: fromServer(whole(protocol.OpClose), closing(code, reason)),
	}
}

// Whatever the chunks, events and output are the same.
func TestD10AnyChunking(t *testing.T) {
	for _, session := range sessions {
		t.Run(session.name, func(t *testing.T) {
			wire := hello + strings.Join(session.wire, "")
			want := append([]string{"request", "open"}, session.events...)
			for _, sizes := range [][]int{nil, {1}, {2}, {3}, {7}, {len(hello) - 1, 1}, {len(hello) + 1, 1000}, {4096}} {
				for _, stream := range []bool{false, true} {
					c := newServer(t, driver.Config{Stream: stream})
					got := play(c, wire, sizes...)
					require.Equal(t, want, got, "%v", sizes)
					require.Equal(t, welcome+session.output, string(c.Output()))
				}
			}
		})
	}
}

func TestD10FramesBehindTheHandshake(t *testing.T) {
	c := newServer(t, driver.Config{})
	require.Equal(t, []string{"request", "open", "text: glued"}, play(c, hello+fromClient(whole(protocol.OpText), "glued")))
	client, r := newClient(t, driver.Config{})
	require.Equal(t, []string{"open", "text: glued"}, play(client, welcomeTo(r)+fromServer(whole(protocol.OpText), "glued")))
}

// A handler that fails, or panics, has lost nothing: the next event is the one after.
func TestD10NoInputIsLost(t *testing.T) {
	c := newServer(t, driver.Config{})
	c.Receive([]byte(hello + fromClient(whole(protocol.OpText), "1") + fromClient(whole(protocol.OpText), "2") +
		fromClient(whole(protocol.OpPong), "p") + fromClient(whole(protocol.OpText), "3")))
	require.NoError(t, c.Ping([]byte("p"), func() { panic("callback") }))
	var got []string
	for len(got) < 6 {
		func() {
			defer func() { _ = recover() }()
			for ev, ok := c.Next(); ok; ev, ok = c.Next() {
				got = append(got, words(ev))
				panic("handler")
			}
		}()
	}
	require.Equal(t, []string{"request", "open", "text: 1", "text: 2", "pong: p", "text: 3"}, got)
	require.Empty(t, events(c))
}

// Payloads are the user's: what comes later does not change them.
func TestD10PayloadsAreKept(t *testing.T) {
	for _, stream := range []bool{false, true} {
		c := openServer(t, driver.Config{Stream: stream})
		var kept []driver.Event
		for _, op := range []protocol.Opcode{protocol.OpText, protocol.OpPing, protocol.OpPong, protocol.OpBinary} {
			c.Receive([]byte(fromClient(whole(op), op.String())))
			for ev, ok := c.Next(); ok; ev, ok = c.Next() {
				kept = append(kept, ev)
			}
		}
		require.Len(t, kept, 4)
		for i, want := range []string{"text", "ping", "pong", "binary"} {
			require.Equal(t, want, string(kept[i].Payload))
		}
	}
}

func TestD11EveryKindOfMessage(t *testing.T) {
	for _, op := range []protocol.Opcode{protocol.OpText, protocol.OpBinary} {
		for _, payload := range []string{"", "x", strings.Repeat("x", 125), strings.Repeat("x", 126), strings.Repeat("x", 65535), strings.Repeat("x", 65536)} {
			server, client := openServer(t, driver.Config{}), openClient(t, driver.Config{})
			want := []string{op.String() + ": " + payload}
			require.Equal(t, want, play(server, fromClient(whole(op), payload)))
			require.Equal(t, want, play(server, fromClient(part(op), payload)+fromClient(whole(protocol.OpContinuation), "")))
			require.Equal(t, want, play(client, fromServer(whole(op), payload)))
			require.Equal(t, want, play(client, fromServer(part(op), "")+fromServer(whole(protocol.OpContinuation), payload)))
		}
	}
}

// RFC 6455, 5.1: "In this case, a server MAY send a Close frame with a status code of 1002".
func TestD11UnmaskedFrameIs1002(t *testing.T) {
	c := openServer(t, driver.Config{})
	play(c, fromServer(whole(protocol.OpText), "x"))
	require.Equal(t, protocol.CloseProtocolError, closeError(t, c).Code)
}

func TestD12ViolationsByCode(t *testing.T) {
	codes := make(map[protocol.CloseCode]int)
	for _, session := range sessions {
		c := newServer(t, driver.Config{})
		play(c, hello+strings.Join(session.wire, ""), 1)
		if c.State() == driver.StateClosed && !closeError(t, c).FromPeer {
			codes[closeError(t, c).Code]++
		}
	}
	require.Equal(t, map[protocol.CloseCode]int{1002: 9, 1007: 2, 1009: 1}, codes)

	// Fragments without content have to end somewhere.
	c := openServer(t, driver.Config{})
	wire := fromClient(part(protocol.OpText), "") + strings.Repeat(fromClient(part(protocol.OpContinuation), ""), 20_000)
	play(c, wire)
	require.Equal(t, protocol.ClosePolicyViolation, closeError(t, c).Code)
}

// A header that announces much does not make us hold much.
func TestD12MemoryGrowsWithWhatArrives(t *testing.T) {
	c := openServer(t, driver.Config{MaxMessage: 1 << 30})
	header := protocol.AppendFrameHeader(nil, protocol.FrameHeader{Fin: true, Opcode: protocol.OpBinary, Masked: true, Length: 1 << 30})
	allocated := testing.AllocsPerRun(1, func() { c.Receive(header); events(c) })
	require.Less(t, allocated, 20.0)
	before := heap()
	play(c, strings.Repeat("x", 1000), 10)
	require.Less(t, int64(heap())-int64(before), int64(1<<20))
}

func TestStreamedMessagesArePieces(t *testing.T) {
	c := openServer(t, driver.Config{Stream: true})
	wire := fromClient(part(protocol.OpText), "Hell\xc3") + fromClient(whole(protocol.OpPing), "?") + fromClient(whole(protocol.OpContinuation), "\xb6")
	type piece struct {
		payload    string
		start, end bool
	}
	var got []piece
	for _, p := range []string{wire[:6], wire[6:8], wire[8:]} {
		c.Receive([]byte(p))
		for ev, ok := c.Next(); ok; ev, ok = c.Next() {
			if ev.Type == driver.EventMessage {
				require.Equal(t, protocol.OpText, ev.Opcode)
				got = append(got, piece{string(ev.Payload), ev.Start, ev.End})
			}
		}
	}
	require.Equal(t, []piece{{"", true, false}, {"He", false, false}, {"ll\xc3", false, false}, {"\xb6", false, true}}, got)
}

func TestD17OutgoingFrames(t *testing.T) {
	for _, test := range []struct {
		size   int
		header string
	}{
		{0, "\x82\x00"},
		{125, "\x82\x7d"},
		{126, "\x82\x7e\x00\x7e"},
		{65535, "\x82\x7e\xff\xff"},
		{65536, "\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"},
	} {
		c := openServer(t, driver.Config{})
		payload := strings.Repeat("x", test.size)
		require.NoError(t, c.Binary([]byte(payload)))
		require.Equal(t, test.header+payload, string(c.Output()))
	}
}

func TestD17ClientMasksWithRandomKeys(t *testing.T) {
	c, err := driver.NewClient("ws://example.com", driver.Config{})
	require.NoError(t, err)
	play(c, welcomeTo(requestOf(t, c)))
	keys := make(map[[4]byte]bool)
	for range 50 {
		require.NoError(t, c.Text("same"))
		h, n, err := protocol.ParseFrameHeader(c.Output())
		require.NoError(t, err)
		require.True(t, h.Masked)
		require.Equal(t, 6, n)
		keys[h.MaskKey] = true
	}
	require.Greater(t, len(keys), 45)
}

// What ends a connection is told once, and last.
func TestD17OneErrorOneClose(t *testing.T) {
	for _, session := range sessions {
		c := newServer(t, driver.Config{})
		c.Receive([]byte(hello + strings.Join(session.wire, "")))
		closes := 0
		for ev, ok := c.Next(); ok; ev, ok = c.Next() {
			require.Zero(t, closes)
			if ev.Type == driver.EventClose {
				closes++
				require.Equal(t, c.Closed(), ev.Err)
				require.Equal(t, closeError(t, c).Code, ev.Code)
				require.Equal(t, closeError(t, c).Reason, ev.Reason)
			}
		}
		c.Receive([]byte("more"))
		c.ReceiveEnd(nil)
		_, ok := c.Next()
		require.Equal(t, c.State() == driver.StateClosed && closes == 0, ok) // it was open, and has ended now
	}
}
