package upgrade_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// takeAll takes what comes and answers nothing.
func (p *peer) takeAll() {
	for {
		if _, err := p.TryReadFrame(); err != nil {
			return
		}
	}
}

func TestUsersPingsDoNotHideADeadPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conns := make(chan *upgrade.Conn, 1)
		s := serve(silently(conns), quiet)
		p := connect(t, wstest.NewServer(t, s), "/")
		go p.takeAll()
		c := <-conns
		go func() {
			for c.Closed() == nil { // so many that the connection's own ping is given up
				ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
				_, _ = c.Ping(ctx)
				cancel()
			}
		}()
		start := time.Now()
		closed := s.expectEnd(t, protocol.CloseAbnormal, false)
		require.Equal(t, "no pong came in time", closed.Reason)
		require.Equal(t, 40*time.Second, time.Since(start).Round(time.Second))
	})
}

func TestPeerThatSendsOneLargeFrameSlowlyLives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(echo, quiet)
		p := connect(t, wstest.NewServer(t, s), "/")
		body := strings.Repeat("0123456789", 50_000)
		frame := wstest.TextFrame(body).Append(nil, protocol.Client)
		for range 50 { // no pong can come in between
			time.Sleep(time.Second)
			p.Write(frame[:10_000])
			frame = frame[10_000:]
		}
		p.Write(frame)
		for {
			f, err := p.next()
			require.NoError(t, err)
			if f.Opcode == protocol.OpPing {
				continue
			}
			require.Equal(t, body, string(f.Payload))
			return
		}
	})
}

func TestPongBehindMessagesOfASlowHandlerIsNotLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(slow(4*time.Millisecond, nil), quiet)
		p := connect(t, wstest.NewServer(t, s), "/")
		pings := make(chan wstest.Frame, 10)
		go func() {
			for {
				f, err := p.TryReadFrame()
				if err != nil {
					return
				}
				if f.Opcode == protocol.OpPing {
					pings <- f
				}
			}
		}()
		answered := 0
		for start := time.Now(); time.Since(start) < 3*time.Minute; { // the wire holds 16 s of messages
			p.text("0123456789")
			select {
			case ping := <-pings:
				p.frame(protocol.OpPong, string(ping.Payload), true)
				answered++
			default:
			}
		}
		require.GreaterOrEqual(t, answered, 3)
		require.Empty(t, s.ended)
	})
}

func TestPeerThatIsGoneIsNoticedThoughItsMessageIsNotRead(t *testing.T) {
	for name, h := range map[string]handler{
		"handler that only sends": func(source) source { return flow.Never[message.Message]() },
		"busy handler":            slow(time.Hour, nil),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := serve(h, quiet)
				p := connect(t, wstest.NewServer(t, s), "/")
				p.text("x")
				p.text("y")
				p.hangUp()
				var closed *upgrade.CloseError
				require.ErrorAs(t, expectWithin(t, 2*time.Minute, s.ended), &closed)
				require.Equal(t, protocol.CloseAbnormal, closed.Code)
			})
		})
	}
}
