package e2e_test

import (
	"strings"
	"testing"

	"github.com/wsflow/wsflow/protocol"
)

// A conversation is what a peer says on one connection, and hears.
type conversation struct {
	name string
	play func(c *conn)
}

// greetings are conversations with the greeter that go well. All but the last say goodbye afterwards.
var greetings = []conversation{
	{"a name is greeted", func(c *conn) {
		c.send("Peter")
		c.wantText("Hello Peter!")
	}},
	{"names are greeted in their order", func(c *conn) {
		for _, name := range []string{"Ada", "Grace", "Barbara"} {
			c.send(name)
		}
		c.wantText("Hello Ada!")
		c.wantText("Hello Grace!")
		c.wantText("Hello Barbara!")
	}},
	{"a name of any script is greeted", func(c *conn) {
		for _, name := range []string{"Zoë", "Дмитрий", "小林", "עֲדִי", "👩🏽‍🚀", "\U0010FFFF\x00\u2028"} {
			c.send(name)
			c.wantText("Hello " + name + "!")
		}
	}},
	{"an empty name is greeted", func(c *conn) {
		c.send("")
		c.wantText("Hello !")
	}},
	{"binary is ignored", func(c *conn) {
		c.sendBinary([]byte("abcdef"))
		c.sendBinary(nil)
		c.sendBinary(make([]byte, 300_000))
		c.sendParts("binary", "abc", "def")
		c.send("Peter")
		c.wantText("Hello Peter!")
	}},
	{"a name in fragments is greeted in pieces, as they come", func(c *conn) {
		c.fragment("Pe", false)
		c.wantFrames("Hello Pe")
		c.fragment("te", false)
		c.wantFrames("te")
		c.fragment("r", true)
		c.wantText("Hello Peter!")
	}},
	{"fragments may end inside a code point, pieces do not", func(c *conn) {
		c.raw(frame{Opcode: protocol.OpText, Payload: "Zo\xc3", More: true}.bytes())
		c.wantFrames("Hello Zo")
		c.raw(frame{Payload: "\xab"}.bytes())
		c.wantText("Hello Zoë!")
	}},
	{"a fragment may be empty", func(c *conn) {
		c.sendParts("text", "", "Pe", "", "ter", "")
		c.wantText("Hello Peter!")
	}},
	{"a ping is answered", func(c *conn) {
		c.ping("")
		c.ping(strings.Repeat("p", protocol.MaxControlPayload))
	}},
	{"a ping between fragments is answered before they go on", func(c *conn) {
		c.fragment("Pe", false)
		c.ping("between")
		c.fragment("ter", true)
		c.wantText("Hello Peter!")
	}},
	{"a pong that nobody asked for is no matter", func(c *conn) {
		c.raw(frame{Opcode: protocol.OpPong, Payload: "unsolicited"}.bytes())
		c.send("Peter")
		c.wantText("Hello Peter!")
	}},
	{"names of 64 KiB, of a byte more and of 1 MiB are greeted", func(c *conn) {
		for _, size := range []int{64 << 10, 64<<10 + 1, 1 << 20} {
			name := strings.Repeat("n", size)
			c.send(name)
			c.wantText("Hello " + name + "!")
		}
	}},
}

func TestGreeterGreetsForeignPeers(t *testing.T) {
	eachPeerAndScheme(t, func(t *testing.T, p *peer, scheme string) {
		greeter := startServer(t, "greeter", scheme)
		for _, talk := range greetings {
			t.Run(talk.name, func(t *testing.T) {
				c := p.dial(t, greeter.ws("/greeter"))
				c.t = t
				talk.play(c)
				c.close(1000, "bye")
				c.wantClosed(1000, "bye")
			})
		}
		greeter.terminate()
		greeter.wantExit()
	})
}

// violations are what a peer must not send, and the close code that it gets.
var violations = []struct {
	name   string
	frames []frame
	code   int
	reason string
}{
	{
		"a frame that is not masked",
		[]frame{{Opcode: protocol.OpText, Payload: "Peter", Unmasked: true}},
		1002, "frame from a client is not masked (RFC 6455, 5.1)",
	},
	{"a reserved opcode", []frame{{Opcode: 3}}, 1002, "opcode 3 is reserved (RFC 6455, 5.2)"},
	{"a reserved control opcode", []frame{{Opcode: 11}}, 1002, "opcode 11 is reserved (RFC 6455, 5.2)"},
	{
		"a bit of an extension that was not agreed on",
		[]frame{{Opcode: protocol.OpText, RSV: protocol.RSV1}},
		1002, "RSV bit is set without an extension that owns it (RFC 6455, 5.2)",
	},
	{
		"a control frame in fragments",
		[]frame{{Opcode: protocol.OpPing, More: true}},
		1002, "control frame is fragmented (RFC 6455, 5.5)",
	},
	{
		"a control frame of 126 bytes",
		[]frame{{Opcode: protocol.OpPing, Payload: strings.Repeat("p", 126)}},
		1002, "control frame is longer than 125 bytes (RFC 6455, 5.5)",
	},
	{
		"a continuation of nothing",
		[]frame{{Payload: "Peter"}},
		1002, "continuation without a message to continue (RFC 6455, 5.4)",
	},
	{
		"a message inside another",
		[]frame{{Opcode: protocol.OpText, Payload: "Pe", More: true}, {Opcode: protocol.OpText}},
		1002, "new message inside a fragmented one (RFC 6455, 5.4)",
	},
	{
		"text that is not UTF-8",
		[]frame{{Opcode: protocol.OpText, Payload: "\xff"}},
		1007, "text is not UTF-8 (RFC 6455, 8.1)",
	},
	{
		"text that stops being UTF-8 in a fragment",
		[]frame{{Opcode: protocol.OpText, Payload: "Zo\xc3", More: true}, {Payload: "e"}},
		1007, "text is not UTF-8 (RFC 6455, 8.1)",
	},
	{
		"text that ends inside a code point",
		[]frame{{Opcode: protocol.OpText, Payload: "Zo\xc3"}},
		1007, "text ends inside a UTF-8 sequence (RFC 6455, 8.1)",
	},
	{
		"a message of 1 MiB and a byte",
		[]frame{{Opcode: protocol.OpText, Payload: strings.Repeat("n", 1<<20+1)}},
		1009, "message exceeds 1048576 bytes",
	},
	{
		"a frame that announces 2^62 bytes",
		[]frame{{Opcode: protocol.OpBinary, Announce: 1 << 62}},
		1009, "message exceeds 1048576 bytes",
	},
	{
		"fragments of more than 1 MiB together",
		[]frame{{Opcode: protocol.OpBinary, Payload: strings.Repeat("n", 1<<20), More: true}, {Payload: "n"}},
		1009, "message exceeds 1048576 bytes",
	},
}

func TestGreeterClosesOnViolations(t *testing.T) {
	eachPeerAndScheme(t, func(t *testing.T, p *peer, scheme string) {
		greeter := startServer(t, "greeter", scheme)
		for _, v := range violations {
			t.Run(v.name, func(t *testing.T) {
				c := p.dial(t, greeter.ws("/greeter"))
				c.send("Peter")
				c.wantText("Hello Peter!")
				for _, f := range v.frames {
					c.raw(f.bytes())
				}
				c.wantClosed(v.code, v.reason)
			})
		}
	})
}
