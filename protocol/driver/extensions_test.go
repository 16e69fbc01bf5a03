package driver_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/deflate"
	"github.com/wsflow/wsflow/protocol/driver"
)

var (
	round  = fake{name: "round", rsv: protocol.RSV2, mark: "()"}
	square = fake{name: "square", rsv: protocol.RSV3, mark: "[]"}
)

func TestD9ServerAnswersInItsOwnOrder(t *testing.T) {
	tests := []struct {
		name, offer string
		ours        []protocol.Negotiator
		want        string
	}{
		{"both", "square, round", []protocol.Negotiator{round, square}, "round, square"},
		{"one that is not offered", "square", []protocol.Negotiator{round, square}, "square"},
		{"one that we do not have", "other, round", []protocol.Negotiator{round}, "round"},
		{"one that is declined", "round; x, square", []protocol.Negotiator{round, square}, "square"},
		{"the same bit twice", "twin, round", []protocol.Negotiator{round, fake{name: "twin", rsv: protocol.RSV2}}, "round"},
		{"none", "round; x", []protocol.Negotiator{round}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := newServer(t, driver.Config{Extensions: test.ours})
			play(c, helloWith("Sec-WebSocket-Extensions: "+test.offer))
			out := string(c.Output())
			require.Equal(t, test.want != "", strings.Contains(out, "\r\nSec-WebSocket-Extensions: "+test.want+"\r\n"), out)
			value, err := protocol.AppendExtensions(nil, c.Extensions())
			require.NoError(t, err)
			require.Equal(t, test.want, string(value))
		})
	}
}

func TestD9ClientJudgesTheAnswer(t *testing.T) {
	twin := fake{name: "twin", rsv: protocol.RSV2}
	for _, test := range []struct{ name, answer, reason string }{
		{"good", "round, square", ""},
		{"none", "", ""},
		{"unknown", "other", "extension was not offered"},
		{"twice", "round, round", "websocket: extension round is answered twice"},
		{"clashing", "round, twin", "websocket: extension twin needs an RSV bit that another one owns"},
		{"unacceptable", "round; x", "websocket: extension round: bad parameter"},
		{"malformed", "round;", "Sec-WebSocket-Extensions is malformed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, r := newClient(t, driver.Config{Extensions: []protocol.Negotiator{round, square, twin}})
			require.Equal(t, "round, square, twin", r.Header.Get("Sec-WebSocket-Extensions"))
			var lines []string
			if test.answer != "" {
				lines = []string{"Sec-WebSocket-Extensions: " + test.answer}
			}
			play(c, welcomeTo(r, lines...))
			if test.reason == "" {
				require.Equal(t, driver.StateOpen, c.State())
				return
			}
			require.Equal(t, test.reason, handshakeError(t, c).Reason)
		})
	}
}

// The order of the answer is that of a sender; a receiver goes backwards.
func TestD9OrderOfExtensions(t *testing.T) {
	cfg := driver.Config{Extensions: []protocol.Negotiator{round, square}}
	c := openServer(t, cfg, "Sec-WebSocket-Extensions: square, round")
	require.NoError(t, c.Text("x"))
	require.NoError(t, c.Fragment(protocol.OpBinary, []byte("y"), false))
	require.NoError(t, c.Fragment(protocol.OpContinuation, []byte("z"), true))
	rsv := protocol.RSV2 | protocol.RSV3
	require.Equal(t, fromServer(protocol.FrameHeader{Fin: true, RSV: rsv, Opcode: protocol.OpText}, "[]()x()[]")+
		fromServer(protocol.FrameHeader{RSV: rsv, Opcode: protocol.OpBinary}, "[]()y()[]")+
		fromServer(whole(protocol.OpContinuation), "[]()z()[]"), string(c.Output()))

	// Each message says which of them it went through.
	for _, test := range []struct {
		rsv           uint8
		payload, want string
	}{
		{rsv, "[(é)](", "é"},
		{protocol.RSV2, "[(x)]", "[x]"},
		{protocol.RSV3, "[(x)]", "(x)"},
		{0, "[(x)]", "[(x)]"},
		{rsv, "", ""},
		{rsv, "[]", ""},
		{rsv, strings.Repeat("(long)", 3000), strings.Repeat("long", 3000)},
	} {
		for _, stream := range []bool{false, true} {
			cfg.Stream = stream
			c := openServer(t, cfg, "Sec-WebSocket-Extensions: square, round")
			first := protocol.FrameHeader{RSV: test.rsv, Opcode: protocol.OpText}
			half := len(test.payload) / 2
			wire := fromClient(first, test.payload[:half]) + fromClient(whole(protocol.OpContinuation), test.payload[half:])
			require.Equal(t, []string{"text: " + test.want, "ping: !"}, play(c, wire+fromClient(whole(protocol.OpPing), "!"), 5))
		}
	}
}

// A message that an extension does not want goes without it.
func TestD9MessagesThatAreNotWorthIt(t *testing.T) {
	picky := round
	picky.least = 10
	c := openServer(t, driver.Config{Extensions: []protocol.Negotiator{picky}}, "Sec-WebSocket-Extensions: round")
	require.NoError(t, c.Text("short"))
	require.NoError(t, c.Text("long enough"))
	require.Equal(t, fromServer(whole(protocol.OpText), "short")+
		fromServer(protocol.FrameHeader{Fin: true, RSV: protocol.RSV2, Opcode: protocol.OpText}, "()long enough()"), string(c.Output()))
}

// A message may go without compression; other extensions keep their say.
func TestUncompressedMessage(t *testing.T) {
	zip := fake{name: "zip", rsv: protocol.RSV1, mark: "#"}
	picky := fake{name: "round", rsv: protocol.RSV2, mark: "()", least: 4}
	c := newServer(t, driver.Config{Extensions: []protocol.Negotiator{zip, picky}})
	require.NoError(t, c.Uncompressed(protocol.OpText, []byte("early"), true)) // waits for the connection to be open
	play(c, helloWith("Sec-WebSocket-Extensions: zip, round"))
	_, early, _ := strings.Cut(string(c.Output()), "\r\n\r\n")
	require.Equal(t, fromServer(protocol.FrameHeader{Fin: true, RSV: protocol.RSV2, Opcode: protocol.OpText}, "()early()"), early)

	require.NoError(t, c.Uncompressed(protocol.OpBinary, []byte("abc"), true))
	require.NoError(t, c.Uncompressed(protocol.OpText, []byte("a"), false))
	require.NoError(t, c.Fragment(protocol.OpContinuation, []byte("b"), true))
	require.NoError(t, c.Binary([]byte("abc")))
	require.NoError(t, c.Fragment(protocol.OpBinary, []byte("c"), false))
	require.NoError(t, c.Uncompressed(protocol.OpContinuation, []byte("d"), true)) // too late
	both := protocol.RSV1 | protocol.RSV2
	require.Equal(t, fromServer(whole(protocol.OpBinary), "abc")+
		fromServer(protocol.FrameHeader{RSV: protocol.RSV2, Opcode: protocol.OpText}, "()a()")+
		fromServer(whole(protocol.OpContinuation), "()b()")+
		fromServer(protocol.FrameHeader{Fin: true, RSV: protocol.RSV1, Opcode: protocol.OpBinary}, "#abc#")+
		fromServer(protocol.FrameHeader{RSV: both, Opcode: protocol.OpBinary}, "()#c#()")+
		fromServer(whole(protocol.OpContinuation), "()#d#()"), string(c.Output()))
	require.ErrorIs(t, c.Uncompressed(protocol.OpText, []byte("\xff"), true), driver.ErrInvalidText)
	require.NoError(t, c.Close(protocol.CloseNormal, ""))
	require.ErrorIs(t, c.Uncompressed(protocol.OpText, nil, true), driver.ErrClosed)
}

func TestD9BitsOfExtensions(t *testing.T) {
	for name, wire := range map[string]string{
		"a bit that nobody owns": fromClient(protocol.FrameHeader{Fin: true, RSV: protocol.RSV1, Opcode: protocol.OpText}, "x"),
		"a control frame":        fromClient(protocol.FrameHeader{Fin: true, RSV: protocol.RSV2, Opcode: protocol.OpPing}, "x"),
		"a continuation": fromClient(part(protocol.OpText), "x") +
			fromClient(protocol.FrameHeader{Fin: true, RSV: protocol.RSV2, Opcode: protocol.OpContinuation}, "x"),
	} {
		t.Run(name, func(t *testing.T) {
			c := openServer(t, driver.Config{Extensions: []protocol.Negotiator{round}}, "Sec-WebSocket-Extensions: round")
			play(c, wire, 1)
			require.Equal(t, protocol.CloseProtocolError, closeError(t, c).Code)
		})
	}
}

func TestD9ExtensionThatFails(t *testing.T) {
	broken := errors.New("out of order")
	tests := []struct {
		name string
		x    fake
		code protocol.CloseCode
	}{
		{"with an error of its own", fake{name: "x", rsv: protocol.RSV1, fails: broken}, protocol.CloseMandatoryExtension},
		{"with a violation", fake{name: "x", rsv: protocol.RSV1, fails: &protocol.CloseError{Code: 1007, Reason: "corrupt"}}, protocol.CloseInvalidPayload},
		{"by not getting on", fake{name: "x", rsv: protocol.RSV1, stuck: true}, protocol.CloseMandatoryExtension},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := openServer(t, driver.Config{Extensions: []protocol.Negotiator{test.x}}, "Sec-WebSocket-Extensions: x")
			require.Len(t, play(c, fromClient(protocol.FrameHeader{Fin: true, RSV: protocol.RSV1, Opcode: protocol.OpText}, "x")), 1)
			e := closeError(t, c)
			require.Equal(t, test.code, e.Code)
			require.Equal(t, fromServer(whole(protocol.OpClose), closing(e.Code, e.Reason)), string(c.Output()))
			if test.x.fails == broken {
				require.ErrorIs(t, c.Closed(), broken)
				require.NotContains(t, e.Reason, broken.Error()) // the peer need not know
			}
		})
	}
}

// An extension that owns two bits defines them together, not each of them.
func TestD9BitsThatMeanNothingTogether(t *testing.T) {
	two := fake{name: "two", rsv: protocol.RSV1 | protocol.RSV3, mark: "#"}
	for rsv, want := range map[uint8]string{protocol.RSV1: "", protocol.RSV3: "", protocol.RSV1 | protocol.RSV3: "text: x"} {
		c := openServer(t, driver.Config{Extensions: []protocol.Negotiator{two}}, "Sec-WebSocket-Extensions: two")
		got := play(c, fromClient(protocol.FrameHeader{Fin: true, RSV: rsv, Opcode: protocol.OpText}, "#x#"))
		if want != "" {
			require.Equal(t, []string{want}, got)
			continue
		}
		require.Equal(t, protocol.CloseProtocolError, closeError(t, c).Code)
	}
}

// An answer that cannot be sent is no fault of the client's.
func TestD9ExtensionWithABadAnswer(t *testing.T) {
	c := newServer(t, driver.Config{Extensions: []protocol.Negotiator{badAnswer{round}}})
	play(c, helloWith("Sec-WebSocket-Extensions: round"))
	require.Equal(t, 500, handshakeError(t, c).Status)
	require.True(t, strings.HasPrefix(string(c.Output()), "HTTP/1.1 500 Internal Server Error\r\n"))
}

type badAnswer struct{ fake }

func (b badAnswer) Accept([]protocol.Extension) (protocol.Extension, protocol.Codec, bool) {
	return protocol.Extension{Name: "a\r\nb"}, b, true
}

// What a message becomes is limited, whatever the extension's own limit is, and its text
// is checked.
func TestD12LimitsAfterDecompression(t *testing.T) {
	zip := deflate.New(deflate.Settings{MaxMessage: -1, Threshold: -1})
	tests := []struct {
		name, payload string
		op            protocol.Opcode
		code          protocol.CloseCode
	}{
		{"a bomb", strings.Repeat("\x00", 8<<20), protocol.OpBinary, protocol.CloseMessageTooBig},
		{"bad UTF-8", "abc\xff", protocol.OpText, protocol.CloseInvalidPayload},
		{"half a character", "abc\xe2\x82", protocol.OpText, protocol.CloseInvalidPayload},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			compressed := string(deflate.NewCompressor(deflate.Window{}, 0).Deflate(nil, []byte(test.payload), true))
			c := openServer(t, driver.Config{Extensions: []protocol.Negotiator{zip}}, "Sec-WebSocket-Extensions: permessage-deflate")
			before := heap()
			play(c, fromClient(protocol.FrameHeader{Fin: true, RSV: protocol.RSV1, Opcode: test.op}, compressed))
			require.Equal(t, test.code, closeError(t, c).Code)
			require.Less(t, heap()-before, uint64(6<<20))
		})
	}
}

func TestRestLetsGo(t *testing.T) {
	var calls []string
	x := fake{name: "x", rsv: protocol.RSV1, mark: "#", calls: &calls}
	c := openServer(t, driver.Config{Extensions: []protocol.Negotiator{x}, Stream: true}, "Sec-WebSocket-Extensions: x")
	encoded := protocol.FrameHeader{Fin: true, RSV: protocol.RSV1, Opcode: protocol.OpText}
	wire := fromClient(encoded, strings.Repeat("#x", 10_000))
	c.Receive([]byte(wire))
	for range 2 { // in the middle of decoding, with input that is not used up, nothing is lost
		_, ok := c.Next()
		require.True(t, ok)
		c.Rest()
		c.Receive([]byte(fromClient(encoded, "more")))
	}
	var tail transcript
	tail.take(c)
	require.Equal(t, []string{"text: more", "text: more"}, tail.events[1:])
	require.Equal(t, 10_000-2*4096, strings.Count(strings.TrimPrefix(tail.events[0], "text: "), "x"))
	c.Rest()
	require.NoError(t, c.Text("y"))
	c.Rest() // what is to be sent stays
	require.NotEmpty(t, c.Output())
	c.Rest()
	require.Equal(t, []string{"text: x"}, play(c, fromClient(encoded, "#x#")))
	require.Len(t, calls, 5)
}
