package upgrade_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// every is settings with so much time between pings.
func every(d time.Duration) upgrade.Settings {
	settings := quiet
	settings.PingInterval = d
	return settings
}

// A pinged is what a ping of the user's came to.
type pinged struct {
	rtt time.Duration
	err error
}

// pingWith sends a ping of the user's, whose frame is the peer's to read.
func (e *end) pingWith(payload string) <-chan pinged {
	e.t.Helper()
	done := make(chan pinged, 1)
	go func() {
		rtt, err := e.conn.PingWith(context.Background(), []byte(payload))
		done <- pinged{rtt, err}
	}()
	require.Equal(e.t, payload, e.expectPing())
	return done
}

func TestTwoPingsWithoutAnythingOfTheApplication(t *testing.T) {
	inBothRoles(t, echo, every(100*time.Millisecond), func(t *testing.T, e *end) {
		start := time.Now()
		first := e.expectPing()
		require.Equal(t, 100*time.Millisecond, time.Since(start))
		e.pong(first)
		second := e.expectPing()
		require.Equal(t, 200*time.Millisecond, time.Since(start))
		require.NotEqual(t, first, second)
	})
}

func TestPingsComeEveryIntervalThoughTheirPongsAreSlow(t *testing.T) {
	settings := every(10 * time.Second)
	settings.PongTimeout = 25 * time.Second
	inBothRoles(t, echo, settings, func(t *testing.T, e *end) {
		start := time.Now()
		var owed []string
		for i := range 20 {
			owed = append(owed, e.expectPing())
			require.Equal(t, time.Duration(i+1)*10*time.Second, time.Since(start))
			if len(owed) > 2 { // after 20 s
				e.pong(owed[0])
				owed = owed[1:]
			}
		}
		e.expectPing()
		e.expectPing()
		e.expectEnd(protocol.CloseAbnormal, start, 230*time.Second) // less than an interval and the deadline after the last sign of life
	})
}

// RFC 6455, 5.4: "Control frames (see Section 5.5) MAY be injected in the middle of a fragmented message."
func TestPingAmidAFragmentedMessage(t *testing.T) {
	t.Run("of ours", func(t *testing.T) {
		inBothRoles(t, deaf, every(1500*time.Millisecond), func(t *testing.T, e *end) {
			sent := make(chan error, 1)
			go func() { sent <- e.conn.Send(context.Background(), ticking(2)) }()
			e.expectPiece("x")
			e.expectPiece("x")
			ping := e.expectPing()
			e.pong(ping)
			e.ExpectFrame(wstest.Frame{Opcode: protocol.OpContinuation})
			require.NoError(t, <-sent)
		})
	})
	t.Run("of the peer's", func(t *testing.T) {
		inBothRoles(t, echo, every(time.Second), func(t *testing.T, e *end) {
			e.frame(protocol.OpText, "be", false)
			e.pong(e.expectPing())
			e.frame(protocol.OpContinuation, "gun", true)
			e.expectText("begun")
			require.Zero(t, e.conn.RoundTripTime())
		})
	})
}

func TestRoundTripTimeIsThatOfADelayedPong(t *testing.T) {
	w := new(witness)
	settings := every(time.Second)
	settings.Observer = w
	inBothRoles(t, echo, settings, func(t *testing.T, e *end) {
		w.forget()
		require.Zero(t, e.conn.RoundTripTime())
		ping := e.expectPing()
		require.Zero(t, e.conn.RoundTripTime())
		time.Sleep(250 * time.Millisecond)
		e.pong(ping)
		synctest.Wait()
		require.Equal(t, 250*time.Millisecond, e.conn.RoundTripTime())
		require.Equal(t, []upgrade.RoundTrip{{Conn: e.conn, Time: 250 * time.Millisecond}}, seen[upgrade.RoundTrip](w))
	})
}

func TestUsersPingIsTimedLikeTheConnectionsOwn(t *testing.T) {
	w := new(witness)
	settings := noPings()
	settings.Observer = w
	inBothRoles(t, echo, settings, func(t *testing.T, e *end) {
		w.forget()
		for _, payload := range []string{"", "x", string(make([]byte, 125))} {
			done := e.pingWith(payload)
			time.Sleep(time.Second)
			e.pong(payload)
			require.Equal(t, pinged{rtt: time.Second}, <-done)
		}
		require.Equal(t, time.Second, e.conn.RoundTripTime())
		synctest.Wait()
		require.Len(t, seen[upgrade.RoundTrip](w), 3)
	})
}

func TestPingPayloadHasAtMost125Bytes(t *testing.T) {
	inBothRoles(t, echo, noPings(), func(t *testing.T, e *end) {
		_, err := e.conn.PingWith(t.Context(), make([]byte, 126))
		require.ErrorIs(t, err, protocol.ErrControlTooLong)
		e.ExpectNothing(time.Second)
	})
}

func TestPingPayloadIsTheCallersAgain(t *testing.T) {
	inBothRoles(t, echo, noPings(), func(t *testing.T, e *end) {
		payload := []byte("abc")
		done := make(chan error, 1)
		go func() {
			_, err := e.conn.PingWith(context.Background(), payload)
			done <- err
		}()
		e.expectPing()
		copy(payload, "xyz")
		e.pong("abc")
		require.NoError(t, <-done)
	})
}

// RFC 6455, 5.5.3: "A Pong frame MAY be sent unsolicited."
func TestPongThatNoPingHasGivesNoRoundTripTime(t *testing.T) {
	w := new(witness)
	settings := every(time.Second)
	settings.Observer = w
	inBothRoles(t, echo, settings, func(t *testing.T, e *end) {
		w.forget()
		for _, payload := range []string{"", "12345678", "\x00\x00\x00\x00\x00\x00\x00\x01"} {
			e.pong(payload)
		}
		ping := e.expectPing()
		e.pong(ping + "x")
		e.pong(ping[:7])
		synctest.Wait()
		require.Zero(t, e.conn.RoundTripTime())
		require.Empty(t, seen[upgrade.RoundTrip](w))
		e.text("still there")
		e.expectText("still there")
	})
}

// RFC 6455, 5.5.3: "the endpoint MAY elect to send a Pong frame for only the most recently processed Ping frame."
func TestPongAnswersThePingsBeforeItsOwn(t *testing.T) {
	w := new(witness)
	settings := noPings()
	settings.Observer = w
	inBothRoles(t, echo, settings, func(t *testing.T, e *end) {
		w.forget()
		first := e.pingWith("1")
		time.Sleep(time.Second)
		second := e.pingWith("2")
		third := e.pingWith("3")
		e.pong("2")
		require.Equal(t, pinged{rtt: time.Second}, <-first)
		require.Equal(t, pinged{}, <-second)
		require.Empty(t, third)
		e.pong("1") // of a ping that has been answered
		synctest.Wait()
		require.Len(t, seen[upgrade.RoundTrip](w), 1)
		require.Empty(t, third)
		e.pong("3")
		<-third
	})
}

func TestPayloadThatRepeatsIsThatOfTheNewestPing(t *testing.T) {
	inBothRoles(t, echo, noPings(), func(t *testing.T, e *end) {
		first := e.pingWith("same")
		time.Sleep(time.Second)
		second := e.pingWith("same")
		e.pong("same")
		require.Equal(t, pinged{rtt: time.Second}, <-first)
		require.Equal(t, pinged{}, <-second)
		e.pong("same") // the second one's, which nobody waits for
		synctest.Wait()
		time.Sleep(time.Second)
		third := e.pingWith("same")
		time.Sleep(time.Second)
		e.pong("same")
		require.Equal(t, pinged{rtt: time.Second}, <-third)
	})
}

func TestTheLast16PingsAreRemembered(t *testing.T) {
	inBothRoles(t, echo, noPings(), func(t *testing.T, e *end) {
		var all []<-chan pinged
		for i := range 17 {
			all = append(all, e.pingWith(fmt.Sprint(i)))
		}
		require.Error(t, (<-all[0]).err)
		e.pong("0")
		synctest.Wait()
		require.Zero(t, e.conn.RoundTripTime())
		require.Empty(t, all[1])
		e.pong("16")
		for _, done := range all[1:] {
			require.NoError(t, (<-done).err)
		}
	})
}

func TestPingEndsWithItsContextAndWithTheConnection(t *testing.T) {
	inBothRoles(t, echo, noPings(), func(t *testing.T, e *end) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := e.conn.Ping(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		e.expectPing()
		done := e.pingWith("x")
		e.hangUp()
		var closed *upgrade.CloseError
		require.ErrorAs(t, (<-done).err, &closed)
		_, err = e.conn.Ping(t.Context())
		require.ErrorAs(t, err, &closed)
	})
}
