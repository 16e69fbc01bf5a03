package upgrade_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

func TestPingsCarryACountOfEightBytes(t *testing.T) {
	inBothRoles(t, echo, quiet, func(t *testing.T, e *end) {
		for i := range 3 {
			ping := e.expectPing()
			require.Equal(t, binary.BigEndian.AppendUint64(nil, uint64(i+1)), []byte(ping))
			e.pong(ping)
		}
	})
}

func TestPingsCarryWhatTheGeneratorMakes(t *testing.T) {
	var asked atomic.Pointer[upgrade.Conn]
	settings := quiet
	own := make([]byte, 125) // used again and again
	settings.PingPayload = func(c *upgrade.Conn) []byte {
		asked.Store(c)
		own[0]++
		return own
	}
	made := rune(0)
	inBothRoles(t, echo, settings, func(t *testing.T, e *end) {
		for range 3 {
			ping := e.expectPing()
			made++
			require.Equal(t, string(made)+strings.Repeat("\x00", 124), ping)
			require.Same(t, e.conn, asked.Load())
			time.Sleep(time.Second)
			e.pong(ping)
			synctest.Wait()
			require.Equal(t, time.Second, e.conn.RoundTripTime())
		}
	})
}

func TestGeneratorMayRepeatItselfAndMakeNothing(t *testing.T) {
	for name, payload := range map[string][]byte{"the same": []byte("up?"), "nothing": nil} {
		t.Run(name, func(t *testing.T) {
			settings := quiet
			settings.PingPayload = func(*upgrade.Conn) []byte { return payload }
			inBothRoles(t, echo, settings, func(t *testing.T, e *end) {
				for range 10 {
					require.Equal(t, string(payload), e.expectPing())
					time.Sleep(time.Second)
					e.pong(string(payload))
					synctest.Wait()
					require.Equal(t, time.Second, e.conn.RoundTripTime())
				}
				start := time.Now()
				e.expectPing()
				e.expectEnd(protocol.CloseAbnormal, start, 39*time.Second)
			})
		})
	}
}

func TestGeneratorThatFailsEndsItsConnectionAlone(t *testing.T) {
	for name, test := range map[string]struct {
		payload func() []byte
		log     string
		check   func(t *testing.T, err error)
	}{
		"panic": {func() []byte { panic("no payload") }, "no payload", func(t *testing.T, err error) {
			var panicked *flow.PanicError
			require.ErrorAs(t, err, &panicked)
		}},
		"runtime.Goexit": {func() []byte { runtime.Goexit(); return nil }, "stack=", func(t *testing.T, err error) {
			var panicked *flow.PanicError
			require.ErrorAs(t, err, &panicked)
		}},
		"too long": {func() []byte { return make([]byte, 126) }, "126 bytes", func(t *testing.T, err error) {
			require.ErrorIs(t, err, protocol.ErrControlTooLong)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			for role, pong := range map[string]upgrade.KeepAlive{"ping": upgrade.KeepAlivePing, "pong": upgrade.KeepAlivePong} {
				t.Run(role, func(t *testing.T) {
					var log bytes.Buffer
					w := new(witness)
					settings := upgrade.Settings{
						Logger: slog.New(slog.NewTextHandler(&log, nil)), Observer: w, KeepAlive: pong,
						PingPayload: func(*upgrade.Conn) []byte { return test.payload() },
					}
					inBothRoles(t, echo, settings, func(t *testing.T, e *end) {
						w.forget()
						start := time.Now()
						e.expectClose(protocol.CloseInternalError, "")
						e.close(protocol.CloseInternalError, "")
						if e.role == protocol.Server {
							e.CloseWrite()
						}
						closed := e.expectEnd(protocol.CloseInternalError, start, 30*time.Second)
						test.check(t, closed.Err)
						synctest.Wait()
						require.Contains(t, log.String(), "websocket ping payload failed")
						require.Contains(t, log.String(), test.log)
						require.Len(t, seen[upgrade.Failed](w), 1)
					})
				})
			}
		})
	}
}

func TestGeneratorThatHasFailedIsNotCalledAgain(t *testing.T) {
	settings := every(time.Second)
	settings.CloseTimeout = time.Hour
	var calls atomic.Int32
	settings.PingPayload = func(*upgrade.Conn) []byte {
		calls.Add(1)
		panic("no payload")
	}
	inBothRoles(t, echo, settings, func(t *testing.T, e *end) {
		calls.Store(0)
		e.expectClose(protocol.CloseInternalError, "")
		time.Sleep(time.Minute)
		require.EqualValues(t, 1, calls.Load())
	})
}

// RFC 6455, 5.5.3: "A Pong frame MAY be sent unsolicited. This serves as a unidirectional heartbeat."
func TestKeepAliveMayBeAPongThatNobodyAskedFor(t *testing.T) {
	for name, payload := range map[string]string{"without a generator": "", "with one": "up"} {
		t.Run(name, func(t *testing.T) {
			settings := quiet
			settings.KeepAlive = upgrade.KeepAlivePong
			if payload != "" {
				settings.PingPayload = func(*upgrade.Conn) []byte { return []byte(payload) }
			}
			inBothRoles(t, echo, settings, func(t *testing.T, e *end) {
				start := time.Now()
				for i := range 100 { // no answer is expected
					e.ExpectFrame(wstest.Frame{Opcode: protocol.OpPong, Payload: []byte(payload)})
					require.Equal(t, time.Duration(i+1)*30*time.Second, time.Since(start))
				}
				done := e.pingWith("of the user's")
				time.Sleep(time.Second)
				e.pong("of the user's")
				require.Equal(t, pinged{rtt: time.Second}, <-done)
				e.text("still there")
				e.expectText("still there")
			})
		})
	}
}

func TestPeerThatDiesIsNoticedAtTheWriteDeadlineOfAPong(t *testing.T) {
	settings := quiet
	settings.KeepAlive = upgrade.KeepAlivePong
	settings.PingPayload = func(*upgrade.Conn) []byte { return make([]byte, 125) }
	inBothRoles(t, echo, settings, func(t *testing.T, e *end) {
		var closed *upgrade.CloseError
		require.ErrorAs(t, <-e.ended, &closed)
		require.Equal(t, "peer took no bytes before the write deadline", closed.Reason)
	})
}

func TestNoPingsMeansNothingIsSent(t *testing.T) {
	for name, mode := range map[string]upgrade.KeepAlive{"ping": upgrade.KeepAlivePing, "pong": upgrade.KeepAlivePong} {
		t.Run(name, func(t *testing.T) {
			settings := noPings()
			settings.KeepAlive = mode
			inBothRoles(t, echo, settings, func(t *testing.T, e *end) { e.ExpectNothing(24 * time.Hour) })
		})
	}
}

func TestNothingIsSentAfterOurClose(t *testing.T) {
	for name, mode := range map[string]upgrade.KeepAlive{"ping": upgrade.KeepAlivePing, "pong": upgrade.KeepAlivePong} {
		t.Run(name, func(t *testing.T) {
			settings := every(time.Second)
			settings.KeepAlive = mode
			settings.CloseTimeout = time.Hour
			inBothRoles(t, deaf, settings, func(t *testing.T, e *end) {
				e.beside(func() { _ = e.conn.Close(protocol.CloseNormal, "") })
				e.expectClose(protocol.CloseNormal, "")
				e.ExpectNothing(time.Minute)
				e.close(protocol.CloseNormal, "")
			})
		})
	}
}

func TestRoundTripTimesComeAsValues(t *testing.T) {
	inBothRoles(t, echo, quiet, func(t *testing.T, e *end) {
		all := make(chan []time.Duration, 2)
		watch := func() {
			values, err := flow.Collect(context.Background(), e.conn.RoundTripTimes())
			require.NoError(t, err)
			all <- values
		}
		answer := func(d time.Duration) {
			ping := e.expectPing()
			time.Sleep(d)
			e.pong(ping)
			synctest.Wait()
		}
		answer(time.Second)
		e.beside(watch)
		synctest.Wait()
		answer(2 * time.Second)
		e.beside(watch)
		synctest.Wait()
		answer(3 * time.Second)
		e.hangUp()
		require.ElementsMatch(t, [][]time.Duration{{2 * time.Second, 3 * time.Second}, {3 * time.Second}}, [][]time.Duration{<-all, <-all})
		values, err := flow.Collect(t.Context(), e.conn.RoundTripTimes())
		require.NoError(t, err)
		require.Empty(t, values, "it is over")
	})
}

func TestRoundTripTimesKeepNobodyWaiting(t *testing.T) {
	inBothRoles(t, echo, every(time.Minute), func(t *testing.T, e *end) {
		taken := make(chan time.Duration)
		e.beside(func() {
			_ = e.conn.RoundTripTimes().Run(context.Background(), func(d time.Duration) error {
				taken <- d
				return nil
			})
			close(taken)
		})
		synctest.Wait()
		for i := range 20 {
			ping := e.expectPing()
			time.Sleep(time.Duration(i) * time.Millisecond)
			e.pong(ping)
			synctest.Wait()
		}
		require.Equal(t, 19*time.Millisecond, e.conn.RoundTripTime())
		e.hangUp()
		synctest.Wait()
		var got []time.Duration
		for d := range taken {
			got = append(got, d/time.Millisecond)
		}
		require.Equal(t, []time.Duration{0, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19}, got, "the first is being taken, and 16 wait")
	})
}

func TestRoundTripTimesEndWithTheirContextAndWithTheirReader(t *testing.T) {
	inBothRoles(t, echo, every(time.Second), func(t *testing.T, e *end) {
		e.beside(e.answerPings)
		ctx, cancel := context.WithTimeout(t.Context(), 5500*time.Millisecond)
		defer cancel()
		values, err := flow.Collect(ctx, e.conn.RoundTripTimes())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Len(t, values, 5)
		enough := errors.New("enough")
		require.ErrorIs(t, e.conn.RoundTripTimes().Run(t.Context(), func(time.Duration) error { return enough }), enough)
		require.Empty(t, e.ended)
	})
}

// The first ping comes at once here, and what its generator asks for is there.
func TestGeneratorFindsItsConnectionComplete(t *testing.T) {
	settings := every(time.Nanosecond)
	settings.PongTimeout = -1
	settings.PingPayload = func(c *upgrade.Conn) []byte {
		if r := c.Request(); r != nil {
			return []byte(r.Method)
		}
		return []byte(c.Subprotocol())
	}
	inBothRoles(t, echo, settings, func(t *testing.T, e *end) {
		want := ""
		if e.role == protocol.Client {
			want = "GET"
		}
		require.Equal(t, want, e.expectPing())
	})
}
