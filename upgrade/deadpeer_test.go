package upgrade_test

import (
	"context"
	"io"
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

// A dead peer is noticed within PingInterval and PongTimeout, whatever the connection is at. The wire takes bytes as TCP does
// whose peer has lost its network.

const noPong = "no pong came in time"

func TestPeerThatDiesIsGoneWithinIntervalAndDeadline(t *testing.T) {
	for name, test := range map[string]struct {
		dies  func(e *end)
		after time.Duration
	}{
		"at once":                    {func(*end) {}, 40 * time.Second},
		"after a message":            {func(e *end) { time.Sleep(29 * time.Second); e.text("x") }, 40 * time.Second},
		"inside a message":           {func(e *end) { time.Sleep(29 * time.Second); e.frame(protocol.OpText, "x", false) }, 40 * time.Second},
		"inside a frame":             {func(e *end) { e.Write(wstest.TextFrame("abcdef").Append(nil, e.role)[:8]) }, 40 * time.Second},
		"inside a header":            {func(e *end) { e.Write([]byte{0x81}) }, 40 * time.Second},
		"after a pong":               {func(e *end) { e.pong(e.expectPing()) }, 70 * time.Second},
		"after a pong for somebody":  {func(e *end) { e.pong("x") }, 40 * time.Second},
		"before the pong":            {func(e *end) { e.expectPing(); time.Sleep(5 * time.Second); e.text("x") }, 50 * time.Second},
		"just before the pong's end": {func(e *end) { e.expectPing(); time.Sleep(9999 * time.Millisecond); e.text("x") }, 50 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			inBothRoles(t, echo, quiet, func(t *testing.T, e *end) {
				start := time.Now()
				test.dies(e)
				died := time.Now()
				closed := e.expectEnd(protocol.CloseAbnormal, start, test.after)
				require.Equal(t, noPong, closed.Reason)
				require.LessOrEqual(t, time.Since(died), 40*time.Second)
			})
		})
	}
}

func TestPeerThatDiesWhileAHandlerIsBusyIsGoneWithinIntervalAndDeadline(t *testing.T) {
	inBothRoles(t, slow(time.Hour, nil), quiet, func(t *testing.T, e *end) {
		start := time.Now()
		e.text("x")
		closed := e.expectEnd(protocol.CloseAbnormal, start, 40*time.Second)
		require.Equal(t, noPong, closed.Reason)
	})
}

// Behind the message that waits for the handler a pong cannot be seen. Only the write of pings goes on.
func TestPongDeadlineStandsStillWhileAMessageWaitsForTheHandler(t *testing.T) {
	inBothRoles(t, slow(10*time.Minute, nil), quiet, func(t *testing.T, e *end) {
		start := time.Now()
		e.text("x")
		e.text("y")
		time.Sleep(9 * time.Minute)
		require.Empty(t, e.ended)
		for range 18 {
			e.expectPing()
		}
		closed := e.expectEnd(protocol.CloseAbnormal, start, 10*time.Minute+20*time.Second)
		require.Equal(t, noPong, closed.Reason)
	})
}

func TestConnectionThatIsCutWhileAMessageWaitsForTheHandlerIsGoneWithTheNextPing(t *testing.T) {
	inBothRoles(t, slow(10*time.Minute, nil), quiet, func(t *testing.T, e *end) {
		start := time.Now()
		e.text("x")
		e.text("y")
		synctest.Wait()
		time.Sleep(time.Second)
		e.hangUp()
		e.expectEnd(protocol.CloseAbnormal, start, 30*time.Second)
	})
}

// flood sends messages of 1,000 bytes, whole or in chunks, as fast as they are taken.
func flood(streamed bool) handler {
	body := strings.Repeat("x", 1000)
	return func(source) source {
		return flow.FromFunc(func(_ context.Context, emit func(message.Message) error) error {
			for {
				m := message.Text(body)
				if streamed {
					m = message.TextStream(flow.Repeat(body))
				}
				if err := emit(m); err != nil {
					return err
				}
			}
		})
	}
}

func TestPeerThatDiesWhileAHandlerSendsIsGoneAtTheWriteDeadline(t *testing.T) {
	for name, streamed := range map[string]bool{"messages": false, "chunks of one message": true} {
		t.Run(name, func(t *testing.T) {
			inBothRoles(t, flood(streamed), quiet, func(t *testing.T, e *end) {
				err := <-e.ended
				var closed *upgrade.CloseError
				require.ErrorAs(t, err, &closed)
				require.Equal(t, protocol.CloseAbnormal, closed.Code)
				require.Equal(t, "peer took no bytes before the write deadline", closed.Reason)
			})
		})
	}
}

func TestWriteThatStallsEndsWithinAQuarterOfItsDeadline(t *testing.T) {
	for name, streamed := range map[string]bool{"messages": false, "chunks of one message": true} {
		for pace, takes := range map[string]int{"nothing": 0, "one byte a second": 1} {
			t.Run(name+", "+pace, func(t *testing.T) {
				inBothRoles(t, flood(streamed), noPings(), func(t *testing.T, e *end) {
					start := time.Now()
					_ = e.Conn().SetReadDeadline(time.Time{})
					e.beside(func() {
						for takes > 0 {
							time.Sleep(time.Second)
							if _, err := io.ReadFull(e.Conn(), make([]byte, takes)); err != nil {
								return
							}
						}
					})
					var closed *upgrade.CloseError
					require.ErrorAs(t, <-e.ended, &closed)
					require.Equal(t, protocol.CloseAbnormal, closed.Code)
					require.GreaterOrEqual(t, time.Since(start), 10*time.Second)
					require.LessOrEqual(t, time.Since(start), 12500*time.Millisecond)
				})
			})
		}
	}
}

func TestPeerThatDiesDuringTheClosingHandshakeIsCutAtCloseTimeout(t *testing.T) {
	inBothRoles(t, func(source) source { return flow.Empty[message.Message]() }, quiet, func(t *testing.T, e *end) {
		start := time.Now()
		closed := e.expectEnd(protocol.CloseAbnormal, start.Add(-10*time.Millisecond), 10*time.Second+10*time.Millisecond)
		require.Equal(t, "peer did not answer the close frame", closed.Reason)
	})
}

func TestPingThatWasSentBeforeOurCloseIsStillToBeAnswered(t *testing.T) {
	settings := quiet
	settings.CloseTimeout = -1
	inBothRoles(t, deaf, settings, func(t *testing.T, e *end) {
		start := time.Now()
		time.Sleep(31 * time.Second)
		require.Error(t, e.conn.Close(protocol.CloseNormal, ""))
		e.expectEnd(protocol.CloseAbnormal, start, 40*time.Second)
	})
}

func TestPeerThatDiesDuringADrainIsCutAtCloseTimeout(t *testing.T) {
	for name, test := range map[string]struct {
		h     handler
		after time.Duration
	}{
		"with a handler that ends": {echo, 10 * time.Second},
		"with one that does not":   {deaf, 15 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := serve(test.h, quiet)
				connect(t, wstest.NewServer(t, s), "/")
				synctest.Wait()
				start := time.Now()
				require.NoError(t, s.Shutdown(context.Background()))
				require.Equal(t, test.after, time.Since(start))
				s.expectEnd(t, protocol.CloseAbnormal, false)
			})
		})
	}
}

func TestPeerThatOnlyAnswersPingsLives(t *testing.T) {
	inBothRoles(t, echo, quiet, func(t *testing.T, e *end) {
		e.beside(e.answerPings)
		time.Sleep(24 * time.Hour)
		require.Empty(t, e.ended)
	})
}

// drip writes bytes again and again, one of them each second, until the connection is over. That is never at the moment at
// which the connection looks whether its reader waits.
func (e *end) drip(b []byte) {
	_ = e.Conn().SetWriteDeadline(time.Time{})
	time.Sleep(time.Second / 2)
	for i := 0; ; i++ {
		time.Sleep(time.Second)
		if _, err := e.Conn().Write(b[i%len(b):][:1]); err != nil {
			return
		}
	}
}

func TestPeerThatSendsButNeverAnswersPingsIsGoneAfterMessageTimeout(t *testing.T) {
	for name, test := range map[string]struct {
		settings func(*upgrade.Settings)
		frame    wstest.Frame
		after    time.Duration
	}{
		"messages": {func(*upgrade.Settings) {}, wstest.TextFrame("x"), 100 * time.Second},
		"streamed messages, the first of which takes over two minutes": {func(s *upgrade.Settings) { s.Streaming = true }, wstest.BinaryFrame(make([]byte, 130)), 200 * time.Second},
		"pings":                 {func(*upgrade.Settings) {}, wstest.Frame{Opcode: protocol.OpPing, Payload: []byte("x")}, 100 * time.Second},
		"pongs of its own":      {func(*upgrade.Settings) {}, wstest.Frame{Opcode: protocol.OpPong, Payload: []byte("x")}, 100 * time.Second},
		"a shorter time":        {func(s *upgrade.Settings) { s.MessageTimeout = 15 * time.Second }, wstest.TextFrame("x"), 55 * time.Second},
		"less than PongTimeout": {func(s *upgrade.Settings) { s.PongTimeout = 90 * time.Second }, wstest.TextFrame("x"), 180 * time.Second},
		"none, and so a minute": {func(s *upgrade.Settings) { s.MessageTimeout = -1 }, wstest.Frame{Opcode: protocol.OpPong}, 100 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			settings := quiet
			test.settings(&settings)
			inBothRoles(t, deaf, settings, func(t *testing.T, e *end) {
				start := time.Now()
				e.beside(e.takeAll)
				e.beside(func() { e.drip(test.frame.Append(nil, e.role)) })
				closed := e.expectEnd(protocol.CloseAbnormal, start, test.after)
				require.Equal(t, noPong, closed.Reason)
			})
		})
	}
}

func TestPongMayComeBehindAMessageThatTakesItsTime(t *testing.T) {
	inBothRoles(t, echo, quiet, func(t *testing.T, e *end) {
		time.Sleep(29 * time.Second)
		frame := wstest.TextFrame(strings.Repeat("x", 1000)).Append(nil, e.role)
		for range 59 {
			e.Write(frame[:10])
			frame = frame[10:]
			time.Sleep(time.Second)
		}
		e.Write(frame)
		ping := e.expectPing()
		time.Sleep(9 * time.Second)
		e.pong(ping)
		e.beside(e.answerPings)
		time.Sleep(time.Hour)
		require.Empty(t, e.ended)
	})
}

func TestPongMayComeBehindAStreamedMessageOfAnHour(t *testing.T) {
	settings := streaming()
	settings.MaxMessage = 1 << 30
	inBothRoles(t, deaf, settings, func(t *testing.T, e *end) {
		frame := wstest.BinaryFrame(make([]byte, 100_000)).Append(nil, e.role)
		for range 3600 {
			e.Write(frame[:20])
			frame = frame[20:]
			time.Sleep(time.Second)
		}
		e.Write(frame)
		e.beside(e.answerPings) // late, but for those of an hour
		time.Sleep(time.Hour)
		require.Empty(t, e.ended)
	})
}
