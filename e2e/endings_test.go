package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
)

// peerEndings are how a peer ends a connection, what it sees, and how the handler's input ends.
var peerEndings = []struct {
	name   string
	end    func(c *conn)
	code   int // what the peer sees
	reason string
	closed upgrade.CloseError  // the first cause
	input  *upgrade.CloseError // nil: it is complete
}{
	{
		"closes with 1000", func(c *conn) { c.close(1000, "bye") },
		1000, "bye",
		upgrade.CloseError{Code: 1000, Reason: "bye", FromPeer: true},
		nil,
	},
	{
		"closes with 1001", func(c *conn) { c.close(1001, "") },
		1001, "",
		upgrade.CloseError{Code: 1001, FromPeer: true},
		nil,
	},
	{
		"closes without a code", func(c *conn) { c.close(0, "") },
		1005, "",
		upgrade.CloseError{Code: 1005, FromPeer: true},
		nil,
	},
	{
		"closes with 3000", func(c *conn) { c.close(3000, "") },
		3000, "",
		upgrade.CloseError{Code: 3000, FromPeer: true},
		&upgrade.CloseError{Code: 3000, FromPeer: true},
	},
	{
		"closes with 4999", func(c *conn) { c.close(4999, "private") },
		4999, "private",
		upgrade.CloseError{Code: 4999, Reason: "private", FromPeer: true},
		&upgrade.CloseError{Code: 4999, Reason: "private", FromPeer: true},
	},
	{
		"closes with 1000 inside a message", func(c *conn) {
			c.fragment("Pe", false)
			c.close(1000, "bye")
		},
		1000, "bye",
		upgrade.CloseError{Code: 1000, Reason: "bye", FromPeer: true},
		&upgrade.CloseError{Code: 1000, Reason: "bye", FromPeer: true},
	},
	{
		"breaks the protocol", func(c *conn) { c.raw(frame{Opcode: 3}.bytes()) },
		1002, "opcode 3 is reserved (RFC 6455, 5.2)",
		upgrade.CloseError{Code: 1002, Reason: "opcode 3 is reserved (RFC 6455, 5.2)"},
		&upgrade.CloseError{Code: 1002, Reason: "opcode 3 is reserved (RFC 6455, 5.2)"},
	},
	{
		"sends text that is not UTF-8", func(c *conn) { c.raw(frame{Opcode: protocol.OpText, Payload: "\xff"}.bytes()) },
		1007, "text is not UTF-8 (RFC 6455, 8.1)",
		upgrade.CloseError{Code: 1007, Reason: "text is not UTF-8 (RFC 6455, 8.1)"},
		&upgrade.CloseError{Code: 1007, Reason: "text is not UTF-8 (RFC 6455, 8.1)"},
	},
	{
		"sends too much", func(c *conn) { c.sendBinary(make([]byte, 1<<20+1)) },
		1009, "message exceeds 1048576 bytes",
		upgrade.CloseError{Code: 1009, Reason: "message exceeds 1048576 bytes"},
		&upgrade.CloseError{Code: 1009, Reason: "message exceeds 1048576 bytes"},
	},
}

func TestHandlerSeesHowThePeerEnds(t *testing.T) {
	eachPeerAndScheme(t, func(t *testing.T, p *peer, scheme string) {
		for _, e := range peerEndings {
			for _, streaming := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, streaming %t", e.name, streaming), func(t *testing.T) {
					w := newWitness()
					h := open(t, scheme, upgrade.Settings{Streaming: streaming}, w.handle)
					c := p.dial(t, h.url)
					c.send("Peter")
					c.wantText("Hello Peter!")
					e.end(c)
					c.wantClosed(e.code, e.reason)
					seen := w.ending(t)
					seen.wantError(t, e.input)
					require.Equal(t, e.closed, said(seen.closed))
				})
			}
		}
	})
}

func TestHandlerOfAConnectionThatIsCutFailsAndIsCancelled(t *testing.T) {
	eachPeerAndScheme(t, func(t *testing.T, p *peer, scheme string) {
		for _, amid := range []bool{false, true} {
			for _, streaming := range []bool{false, true} {
				t.Run(fmt.Sprintf("inside a message %t, streaming %t", amid, streaming), func(t *testing.T) {
					w := newWitness()
					h := open(t, scheme, upgrade.Settings{Streaming: streaming}, w.handle)
					c := p.dial(t, h.url)
					c.send("Peter")
					c.wantText("Hello Peter!")
					if amid {
						c.fragment("Pe", false)
						c.ping("the fragment has arrived")
					}
					c.cut()
					seen := w.ending(t)
					for what, err := range map[string]error{"input": seen.err, "context": seen.cause} {
						closed, ok := errors.AsType[*upgrade.CloseError](err)
						require.True(t, ok, "the %s ended with %v", what, err)
						require.Equal(t, upgrade.CloseCode(1006), closed.Code, what)
						require.False(t, closed.FromPeer, what)
					}
				})
			}
		}
	})
}

// endsWith is a handler that greets once and then ends with err.
func endsWith(err error) upgrade.Handler {
	return func(in flow.Source[message.Message]) flow.Source[message.Message] {
		return flow.Concat(flow.Take(greet(in), 1), flow.FromFunc(func(context.Context, func(message.Message) error) error { return err }))
	}
}

// handlerEndings are how a handler ends, and what the peer sees. The secret is for the log alone.
var handlerEndings = []struct {
	name    string
	handler upgrade.Handler
	code    int
	reason  string
	log     string
}{
	{"completes", endsWith(nil), 1000, "", ""},
	{"fails with a CloseError", endsWith(&upgrade.CloseError{Code: 4001, Reason: "reason"}), 4001, "reason", ""},
	{
		"fails with an error that wraps a CloseError",
		endsWith(fmt.Errorf("secret: %w", &upgrade.CloseError{Code: 1008, Reason: "reason"})), 1008, "reason", "",
	},
	{"fails with a code that may not travel", endsWith(&upgrade.CloseError{Code: 1006, Reason: "secret"}), 1011, "", "secret"},
	{"fails otherwise", endsWith(errors.New("secret")), 1011, "", `event=failed error=secret`},
	{"panics", func(in flow.Source[message.Message]) flow.Source[message.Message] {
		return flow.MapConcat(in, func(m message.Message) []message.Message {
			if m.Text() == "" {
				panic("secret")
			}
			return []message.Message{message.Text("Hello " + m.Text() + "!"), message.Text("more")}
		})
	}, 1011, "", `event=failed panic=secret stack="goroutine `},
	{"panics at once", func(flow.Source[message.Message]) flow.Source[message.Message] { panic("secret") }, 1011, "", "panic=secret"},
}

func TestPeerSeesHowTheHandlerEnds(t *testing.T) {
	eachPeerAndScheme(t, func(t *testing.T, p *peer, scheme string) {
		for _, e := range handlerEndings {
			t.Run(e.name, func(t *testing.T) {
				h := open(t, scheme, upgrade.Settings{}, e.handler)
				c := p.dial(t, h.url)
				if e.name != "panics at once" {
					c.send("Peter")
					c.wantText("Hello Peter!")
				}
				if e.name == "panics" {
					c.wantText("more")
					c.send("")
				}
				c.wantClosed(e.code, e.reason)
				require.Contains(t, h.log.String(), e.log)
			})
		}
	})
}

func TestReplyThatFailsMidwayClosesWith1011(t *testing.T) {
	eachPeerAndScheme(t, func(t *testing.T, p *peer, scheme string) {
		h := open(t, scheme, upgrade.Settings{}, func(in flow.Source[message.Message]) flow.Source[message.Message] {
			return flow.Map(in, func(message.Message) message.Message {
				return message.TextStream(flow.Concat(flow.Of("Hello "), flow.Fail[string](errors.New("secret"))))
			})
		})
		c := p.dial(t, h.url)
		c.send("Peter")
		c.wantFrames("Hello ")
		c.wantClosed(1011, "")
		require.Contains(t, h.log.String(), "secret")
	})
}
