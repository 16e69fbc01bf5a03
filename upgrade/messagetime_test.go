package upgrade_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// noPings are settings under which nothing but what the test is about ends a connection.
func noPings() upgrade.Settings {
	settings := quiet
	settings.PingInterval = -1
	return settings
}

func TestControlFramesDoNotLengthenAMessagesTime(t *testing.T) {
	for name, streaming := range map[string]bool{"strict": false, "streaming": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				settings := noPings()
				settings.Streaming = streaming
				s := serve(echo, settings)
				p := connect(t, wstest.NewServer(t, s), "/")
				start := time.Now()
				p.frame(protocol.OpText, "begun", false)
				go p.takeAll()
				for range 7 { // RFC 6455, 5.4: "Control frames (see Section 5.5) MAY be injected in the middle of a fragmented message."
					time.Sleep(8 * time.Second)
					p.frame(protocol.OpPing, "up?", true)
				}
				closed := s.expectEnd(t, protocol.ClosePolicyViolation, false)
				require.Equal(t, "message took too long", closed.Reason)
				require.Equal(t, 70*time.Second, time.Since(start), "a minute, and the closing handshake that the peer does not answer")
			})
		})
	}
}

func TestPiecesLengthenTheTimeOfAStreamedMessageAlone(t *testing.T) {
	for name, streaming := range map[string]bool{"strict": false, "streaming": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				settings := noPings()
				settings.Streaming = streaming
				s := serve(echo, settings)
				p := connect(t, wstest.NewServer(t, s), "/")
				p.frame(protocol.OpText, "", false)
				for range 4 {
					time.Sleep(50 * time.Second)
					if len(s.ended) > 0 {
						break
					}
					p.frame(protocol.OpContinuation, "x", false)
				}
				if !streaming {
					s.expectEnd(t, protocol.ClosePolicyViolation, false)
					return
				}
				p.frame(protocol.OpContinuation, "x", true)
				p.expectText("xxxxx")
			})
		})
	}
}

func TestFrameOfOneByteASecondIsClosedWith1008(t *testing.T) {
	inBothRoles(t, echo, noPings(), func(t *testing.T, e *end) {
		start := time.Now()
		e.beside(func() { e.drip(wstest.TextFrame(strings.Repeat("x", 1000)).Append(nil, e.role)) })
		e.expectClose(protocol.ClosePolicyViolation, "message took too long")
		require.Equal(t, time.Minute, time.Since(start)-1500*time.Millisecond, "since the first byte")
		e.hangUp()
		require.Equal(t, protocol.ClosePolicyViolation, e.conn.Closed().Code)
	})
}

// Each read ends in the midst of a control frame, but none of them is a message that takes long.
func TestPingsEachHaveTheirOwnDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(echo, noPings())
		p := connect(t, wstest.NewServer(t, s), "/")
		go p.takeAll()
		frame := wstest.Frame{Opcode: protocol.OpPing, Payload: []byte("0123456789")}.Append(nil, protocol.Client)
		begin, end := frame[:8], frame[8:]
		p.Write(begin)
		for range 120 {
			time.Sleep(time.Second)
			p.Write(append(end[:len(end):len(end)], begin...))
		}
		require.Empty(t, s.ended)
	})
}
