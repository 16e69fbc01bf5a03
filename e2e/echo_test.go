package e2e_test

import (
	"strings"
	"testing"
)

func TestEchoReturnsWhatForeignPeersSend(t *testing.T) {
	eachPeerAndScheme(t, func(t *testing.T, p *peer, scheme string) {
		for _, flags := range [][]string{{}, {"-stream"}, {"-raw"}, {"-raw", "-stream"}} {
			t.Run(strings.Join(append([]string{"echo"}, flags...), " "), func(t *testing.T) {
				server := startServer(t, "echo", scheme, flags...)
				c := p.dial(t, server.ws("/"))
				c.send("Zoë 小林 👩🏽‍🚀")
				c.wantText("Zoë 小林 👩🏽‍🚀")
				c.sendBinary([]byte("\x00\xff\x80"))
				c.wantBinary([]byte("\x00\xff\x80"))
				c.sendParts("text", "Hel", "", "lo")
				c.wantText("Hello")
				c.sendParts("binary", "abc", "def")
				c.wantBinary([]byte("abcdef"))
				large := strings.Repeat("large", 400_000)
				c.send(large)
				c.wantText(large)
				c.ping("still there?")
				c.close(3000, "enough")
				c.wantClosed(3000, "enough")
				server.terminate()
				server.wantExit()
			})
		}
	})
}

func TestEchoStreamsAMessageBackWhileItComes(t *testing.T) {
	eachPeerAndScheme(t, func(t *testing.T, p *peer, scheme string) {
		server := startServer(t, "echo", scheme, "-stream")
		c := p.dial(t, server.ws("/"))
		c.fragment("first", false)
		c.wantFrames("first")
		c.fragment("second", false)
		c.wantFrames("second")
		c.fragment("last", true)
		c.wantText("firstsecondlast")
	})
}
