package observe_test

import (
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/observe"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

func TestCountersCountWhatHappens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := new(observe.Counters)
		u := with(c, nil)
		talk(t, u, echo, "/")
		fail(t, u, panics, protocol.CloseInternalError)
		fail(t, u, func() error { return errors.New("boom") }, protocol.CloseInternalError)
		over := &upgrade.CloseError{Code: protocol.ClosePolicyViolation, Err: &upgrade.LimitError{Limit: upgrade.LimitByteRate}}
		fail(t, u, func() error { return over }, protocol.ClosePolicyViolation)
		no := func(*upgrade.Request) (upgrade.Handler, error) {
			return nil, upgrade.Reject(http.StatusForbidden, "no")
		}
		wstest.WS("/", wstest.NewWSProbe(t).Flow()).Run(u.HandlerFunc(no))
		synctest.Wait()

		now := c.Snapshot()
		require.EqualValues(t, 4, now.Opened)
		require.Zero(t, now.Active)
		require.Equal(t, map[observe.Ending]uint64{
			{Code: "1000", Clean: true}: 1, {Code: "1011"}: 2, {Code: "1008", Limit: upgrade.LimitByteRate}: 1,
		}, now.Closed)
		require.Equal(t, map[observe.Refusal]uint64{{Status: 403}: 1}, now.Refused)
		require.Equal(t, map[upgrade.Limit]uint64{upgrade.LimitByteRate: 1}, now.Limits())
		require.EqualValues(t, 1, now.Failed)
		require.EqualValues(t, 1, now.Panicked)
		require.EqualValues(t, 4, now.Traffic.MessagesIn)
		require.EqualValues(t, 1, now.Traffic.MessagesOut)
		require.EqualValues(t, 4*9+4*8, now.Traffic.BytesIn) // each its message and its close frame
	})
}

func TestCountersHaveTheTrafficOfLiveConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := new(observe.Counters)
		probe := wstest.NewServer(t, with(c, nil).Handler(echo)).Probe("/")
		for range 3 {
			probe.SendText("abc")
			probe.ExpectText("abc")
		}
		synctest.Wait()
		live := c.Snapshot()
		require.Equal(t, 1, live.Active)
		require.Empty(t, live.Closed)
		require.Equal(t, upgrade.Traffic{MessagesIn: 3, MessagesOut: 3, BytesIn: 3 * 9, BytesOut: 3 * 5}, live.Traffic)
		probe.SendCompletion()
		probe.ExpectCompletion()
		synctest.Wait()
		over := c.Snapshot()
		require.Zero(t, over.Active)
		require.Equal(t, upgrade.Traffic{MessagesIn: 3, MessagesOut: 3, ControlIn: 1, BytesIn: 3*9 + 8, BytesOut: 3*5 + 4}, over.Traffic)
	})
}

// Of connections that are cut amid their traffic, too. In real time, since it is about races.
func TestCountsNeverGoDown(t *testing.T) {
	c := new(observe.Counters)
	server := wstest.NewServer(t, with(c, nil).Handler(func(in source) source {
		return flow.Map(in, func(m message.Message) message.Message { return m })
	}))
	var clients sync.WaitGroup
	for i := range 8 {
		clients.Go(func() {
			for range 20 {
				conn := server.Dial("/")
				go func() { _ = conn.Source().Run(t.Context(), func(message.Message) error { return nil }) }()
				for range 10 {
					_ = conn.Send(t.Context(), message.Text("abc"))
				}
				if i%2 == 0 {
					_ = conn.Close(protocol.CloseNormal, "")
				} else {
					_ = conn.Close(4000, "")
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { clients.Wait(); close(done) }()
	var last observe.Snapshot
	for over := false; !over; {
		select {
		case <-done:
			over = true
		default:
		}
		now := c.Snapshot()
		for _, pair := range [][2]uint64{
			{last.Opened, now.Opened},
			{last.Traffic.MessagesIn, now.Traffic.MessagesIn},
			{last.Traffic.MessagesOut, now.Traffic.MessagesOut},
			{last.Traffic.ControlIn, now.Traffic.ControlIn},
			{last.Traffic.BytesIn, now.Traffic.BytesIn},
			{last.Traffic.BytesOut, now.Traffic.BytesOut},
		} {
			require.LessOrEqual(t, pair[0], pair[1])
		}
		require.Equal(t, now.Opened, uint64(now.Active)+closed(now))
		last = now
	}
}

// What a connection sends while it is being closed is counted as soon as a snapshot has seen it.
func TestConnectionThatClosesTakesNothingBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := new(observe.Counters)
		conn := wstest.NewServer(t, with(nil, nil).Handler(echo)).Dial("/")
		c.Observe(upgrade.Opened{Conn: conn})
		early := conn.Traffic()
		require.NoError(t, conn.Send(t.Context(), message.Text("abc")))
		before := c.Snapshot().Traffic
		require.EqualValues(t, 1, before.MessagesOut)
		c.Observe(upgrade.Closed{Conn: conn, Traffic: early})
		require.Equal(t, before, c.Snapshot().Traffic)
	})
}

func closed(s observe.Snapshot) (n uint64) {
	for _, of := range s.Closed {
		n += of
	}
	return n
}

func TestCountersHoldNoConnectionThatIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := new(observe.Counters)
		server := wstest.NewServer(t, with(c, nil).Handler(echo))
		peer := server.Peer("/")
		synctest.Wait()
		require.Equal(t, 1, c.Snapshot().Active)
		peer.Cut()
		synctest.Wait()
		require.Zero(t, c.Snapshot().Active)
		require.Equal(t, map[observe.Ending]uint64{{Code: "1006"}: 1}, c.Snapshot().Closed)
	})
}

func TestRoundTripsAreSummedUp(t *testing.T) {
	c := new(observe.Counters)
	require.Zero(t, c.Snapshot().RoundTrips.Mean())
	for _, ms := range []time.Duration{20, 10, 60} {
		c.Observe(upgrade.RoundTrip{Time: ms * time.Millisecond})
	}
	trips := c.Snapshot().RoundTrips
	require.Equal(t, observe.RoundTrips{
		Count: 3, Sum: 90 * time.Millisecond, Min: 10 * time.Millisecond, Max: 60 * time.Millisecond, Last: 60 * time.Millisecond,
	}, trips)
	require.Equal(t, 30*time.Millisecond, trips.Mean())
}

func TestDrainingIsSeenWhileItLasts(t *testing.T) {
	c := new(observe.Counters)
	c.Observe(upgrade.Draining{Connections: 2})
	require.True(t, c.Snapshot().Draining)
	c.Observe(upgrade.Drained{})
	require.False(t, c.Snapshot().Draining)
}

func TestDialsThatFailAreCounted(t *testing.T) {
	c := new(observe.Counters)
	d := upgrade.Dialer{Settings: upgrade.Settings{Observer: c}}
	_, _, err := d.Dial(t.Context(), "ftp://example.com")
	require.Error(t, err)
	require.EqualValues(t, 1, c.Snapshot().DialFailed)
}

func TestCountersAreAVariableOfExpvar(t *testing.T) {
	c := new(observe.Counters)
	c.Observe(upgrade.Refused{Status: 429, Rejection: nil})
	c.Observe(upgrade.RoundTrip{Time: 250 * time.Millisecond})
	require.JSONEq(t, `{
		"opened": 0, "active": 0, "closed": {}, "unclean": 0, "refused": {"429": 1}, "limits": {}, "dial_failed": 0, "failed": 0, "panicked": 0,
		"messages_in": 0, "messages_out": 0, "control_in": 0, "bytes_in": 0, "bytes_out": 0,
		"round_trips": {"count": 1, "mean": 0.25, "min": 0.25, "max": 0.25, "last": 0.25}, "draining": false
	}`, c.String())
}
