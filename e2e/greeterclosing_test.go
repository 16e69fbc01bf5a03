package e2e_test

import (
	"fmt"
	"testing"

	"github.com/wsflow/wsflow/protocol"
)

// closings are close frames of a peer and what comes back: the same, as RFC 6455, 5.5.1 has it.
var closings = []struct {
	code   int // 0 sends none
	reason string
	back   int
}{
	{1000, "bye", 1000},
	{1000, "", 1000},
	{1001, "tab closed", 1001},
	{0, "", 1005},
	{3000, "registered", 3000},
	{4999, "private", 4999},
}

func TestGreeterAnswersAClosing(t *testing.T) {
	eachPeerAndScheme(t, func(t *testing.T, p *peer, scheme string) {
		greeter := startServer(t, "greeter", scheme)
		for _, amid := range []string{"", "Pe"} {
			for _, closing := range closings {
				name := fmt.Sprintf("with %d", closing.code)
				if amid != "" {
					name += " inside a message"
				}
				t.Run(name, func(t *testing.T) {
					c := p.dial(t, greeter.ws("/greeter"))
					c.t = t
					if amid != "" {
						c.fragment(amid, false)
						c.wantFrames("Hello " + amid)
					}
					c.close(closing.code, closing.reason)
					c.wantClosed(closing.back, closing.reason)
				})
			}
		}
	})
}

func TestGreeterRefusesAMalformedClosing(t *testing.T) {
	malformed := []struct {
		name    string
		payload string
		code    int
		reason  string
	}{
		{"half a code", "\x03", 1002, "close payload is one byte long (RFC 6455, 5.5.1)"},
		{"a code that may not travel", "\x03\xed", 1002, "close code 1005 may not be sent (RFC 6455, 7.4)"},
		{"a code below all ranges", "\x03\xe7", 1002, "close code 999 may not be sent (RFC 6455, 7.4)"},
		{"a reason that is not UTF-8", "\x03\xe8\xff", 1007, "close reason is not UTF-8 (RFC 6455, 5.5.1)"},
	}
	eachPeerAndScheme(t, func(t *testing.T, p *peer, scheme string) {
		greeter := startServer(t, "greeter", scheme)
		for _, m := range malformed {
			t.Run(m.name, func(t *testing.T) {
				c := p.dial(t, greeter.ws("/greeter"))
				c.raw(frame{Opcode: protocol.OpClose, Payload: m.payload}.bytes())
				c.wantClosed(m.code, m.reason)
			})
		}
	})
}

func TestGreeterSaysGoingAwayWhenItIsTerminated(t *testing.T) {
	eachPeerAndScheme(t, func(t *testing.T, p *peer, scheme string) {
		greeter := startServer(t, "greeter", scheme)
		fresh := p.dial(t, greeter.ws("/greeter"))
		idle := p.dial(t, greeter.ws("/greeter"))
		idle.send("Peter")
		idle.wantText("Hello Peter!")
		speaking := p.dial(t, greeter.ws("/greeter"))
		speaking.fragment("Pe", false)
		speaking.wantFrames("Hello Pe")

		greeter.terminate()
		fresh.wantClosed(1001, "server shuts down")
		idle.wantClosed(1001, "server shuts down")
		// The message that is open is finished.
		speaking.fragment("ter", true)
		speaking.wantText("Hello Peter!")
		speaking.wantClosed(1001, "server shuts down")
		greeter.wantExit()
	})
}

func TestGreeterGoesOnWhenAPeerIsCutOff(t *testing.T) {
	eachPeerAndScheme(t, func(t *testing.T, p *peer, scheme string) {
		greeter := startServer(t, "greeter", scheme)
		silent := p.dial(t, greeter.ws("/greeter"))
		speaking := p.dial(t, greeter.ws("/greeter"))
		speaking.fragment("Pe", false)
		speaking.wantFrames("Hello Pe")
		other := p.dial(t, greeter.ws("/greeter"))

		silent.cut()
		silent.wantClosed(1006, "")
		speaking.cut()
		speaking.wantClosedInside("Hello Pe", 1006, "")
		other.send("Peter")
		other.wantText("Hello Peter!")

		greeter.terminate()
		other.wantClosed(1001, "server shuts down")
		greeter.wantExit()
	})
}
