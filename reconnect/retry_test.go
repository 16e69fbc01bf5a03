package reconnect_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/reconnect"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// retriedCodes and refusedCodes are the table of the package.
var (
	retriedCodes  = []upgrade.CloseCode{1001, 1005, 1006, 1011, 1012, 1013, 1014, 3008}
	refusedCodes  = []upgrade.CloseCode{1000, 1002, 1003, 1007, 1008, 1009, 1010, 3000, 3003, 4000, 4999}
	retriedStatus = []int{408, 425, 429, 500, 502, 503, 504, 599}
	refusedStatus = []int{0, 101, 200, 204, 301, 302, 400, 401, 403, 404, 407, 421, 426, 431, 501, 505, 600}
)

func TestTableOfWhatIsRetried(t *testing.T) {
	for want, codes := range map[bool][]upgrade.CloseCode{true: retriedCodes, false: refusedCodes} {
		for _, code := range codes {
			require.Equal(t, want, reconnect.Retryable(&upgrade.CloseError{Code: code, FromPeer: true}), code)
			require.Equal(t, want, reconnect.Retryable(fmt.Errorf("behind: %w", &upgrade.CloseError{Code: code})), code)
		}
	}
	for want, statuses := range map[bool][]int{true: retriedStatus, false: refusedStatus} {
		for _, status := range statuses {
			require.Equal(t, want, reconnect.Retryable(&upgrade.RefusedError{Status: status}), status)
			if status != 0 { // of a proxy: that it was not reached
				require.Equal(t, want, reconnect.Retryable(&upgrade.ProxyError{Status: status}), status)
			}
		}
	}
	require.True(t, reconnect.Retryable(&upgrade.ProxyError{Reason: "is not there"}))
	require.True(t, reconnect.Retryable(&net.DNSError{IsNotFound: true}))
	require.True(t, reconnect.Retryable(errors.New("of a hook")))
	require.False(t, reconnect.Retryable(nil))
}

// closeWith closes a connection as a server does.
func closeWith(p *wstest.Peer, code upgrade.CloseCode) {
	switch code {
	case 1005:
		p.WriteFrames(wstest.Frame{Opcode: protocol.OpClose})
	case 1006:
	default:
		p.WriteClose(code, "")
	}
	synctest.Wait() // which is answered
	p.Cut()
}

func TestCodesThatAreRetried(t *testing.T) {
	for _, code := range append(append([]upgrade.CloseCode(nil), retriedCodes...), refusedCodes...) {
		t.Run(code.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := wstest.NewPeerServer(t)
				a := new(address).becomes(s.Server)
				client := a.client()
				l := listen(t, client.Flow()(flow.Never[message.Message]()))
				closeWith(s.Accept(), code)
				if reconnect.Retryable(&upgrade.CloseError{Code: code}) {
					s.Accept().Cut()
					l.leave()
					return
				}
				err := l.end()
				require.Equal(t, 1, a.attempts())
				if code == 1000 {
					require.NoError(t, err)
					return
				}
				require.Equal(t, &reconnect.Error{Failures: 1, Err: &upgrade.CloseError{Code: code, FromPeer: true}}, err)
				require.ErrorContains(t, err, "reconnect: failed: websocket: closed by peer: ")
			})
		})
	}
}

// refusing answers requests with a status and a header, and counts them.
func refusing(t *testing.T, status int, header http.Header) *address {
	return newAddress(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for name, values := range header {
			w.Header()[name] = values
		}
		w.WriteHeader(status)
	}))
}

func TestStatusesThatAreRetried(t *testing.T) {
	for _, status := range []int{200, 302, 401, 403, 404, 408, 425, 429, 500, 501, 503} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := refusing(t, status, nil)
				client := a.client()
				client.MaxAttempts = 3
				err := listen(t, client.Flow()(flow.Never[message.Message]())).end()
				var refused *upgrade.RefusedError
				require.ErrorAs(t, err, &refused)
				require.Equal(t, status, refused.Status)
				if reconnect.Retryable(refused) {
					require.Equal(t, 3, a.attempts())
					require.ErrorContains(t, err, "reconnect: failed 3 times in a row: ")
				} else {
					require.Equal(t, 1, a.attempts())
				}
			})
		})
	}
}

func TestUserDecidesWhatIsRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := wstest.NewPeerServer(t)
		client := new(address).becomes(s.Server).client()
		client.Retry = func(err error) bool {
			var closed *upgrade.CloseError
			return errors.As(err, &closed) && (closed.Code == 4001 || closed.Code == 1000)
		}
		l := listen(t, client.Flow()(flow.Never[message.Message]()))
		closeWith(s.Accept(), 4001)
		closeWith(s.Accept(), 1000)
		closeWith(s.Accept(), 1012)
		require.Equal(t, &reconnect.Error{Failures: 3, Err: &upgrade.CloseError{Code: 1012, FromPeer: true}}, l.end())
	})
}

func TestTokenIsRenewedAfter401(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ws upgrade.Upgrader
		a := newAddress(t, ws.HandlerFunc(func(q *upgrade.Request) (upgrade.Handler, error) {
			if q.Header.Get("Authorization") != "Bearer 2" {
				return nil, upgrade.Reject(http.StatusUnauthorized, "who are you?")
			}
			return echo, nil
		}))
		client := a.client()
		client.Target = func(_ context.Context, at reconnect.Attempt) (string, http.Header, error) {
			return "ws://server/", http.Header{"Authorization": {fmt.Sprint("Bearer ", at.Number)}}, nil
		}
		client.Retry = func(err error) bool {
			var refused *upgrade.RefusedError
			return reconnect.Retryable(err) || errors.As(err, &refused) && refused.Status == http.StatusUnauthorized
		}
		got, err := flow.Collect(t.Context(), client.Flow()(texts("1")))
		require.NoError(t, err)
		require.Equal(t, numbers(1, 1), contents(got))
		require.Equal(t, 2, a.attempts())
	})
}

// waits returns how long a client of a server that is gone waits between its attempts.
func waits(t *testing.T, a *address, b reconnect.Backoff, n int) (all []time.Duration) {
	t.Helper()
	client := a.client()
	client.Backoff, client.MaxAttempts = b, n+1
	start, before := time.Now(), len(a.times(time.Now()))
	require.ErrorAs(t, listen(t, client.Flow()(flow.Never[message.Message]())).end(), new(*reconnect.Error))
	times := a.times(start)[before:]
	require.Zero(t, times[0]) // the first comes at once
	for i := range n {
		all = append(all, times[i+1]-times[i])
	}
	return all
}

func TestWaitsGrowUpToTheirBoundAndAreRandomBelowIt(t *testing.T) {
	const nearlyOne = 1 - 1e-12
	round := func(all []time.Duration) (rounded []time.Duration) {
		for _, d := range all {
			rounded = append(rounded, d.Round(time.Millisecond))
		}
		return rounded
	}
	always := func(v float64) func() float64 { return func() float64 { return v } }
	const s = time.Second
	for name, test := range map[string]struct {
		backoff reconnect.Backoff
		want    []time.Duration
	}{
		"RFC 6455, 7.2.3, at most":         {reconnect.Backoff{Rand: always(nearlyOne)}, []time.Duration{5 * s, 10 * s, 20 * s, 40 * s, 60 * s, 60 * s}},
		"at least":                         {reconnect.Backoff{Rand: always(0)}, make([]time.Duration, 6)},
		"half":                             {reconnect.Backoff{Base: s, Max: 4 * s, Rand: always(0.5)}, []time.Duration{s / 2, s, 2 * s, 2 * s}},
		"Max alone":                        {reconnect.Backoff{Max: 2 * s, Rand: always(nearlyOne)}, []time.Duration{2 * s, 2 * s}},
		"Base alone":                       {reconnect.Backoff{Base: 100 * s, Rand: always(nearlyOne)}, []time.Duration{100 * s, 100 * s}},
		"random numbers that are too high": {reconnect.Backoff{Base: s, Max: s, Rand: always(7)}, []time.Duration{s, s}},
		"random numbers that are none":     {reconnect.Backoff{Base: s, Max: s, Rand: always(math.NaN())}, []time.Duration{0, 0}},
		"no end of time":                   {reconnect.Backoff{Base: math.MaxInt64 / 3, Max: math.MaxInt64, Rand: always(1e-9)}, []time.Duration{3074457346 * time.Nanosecond, 6148914692 * time.Nanosecond, 9223372037 * time.Nanosecond}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				require.Equal(t, round(test.want), round(waits(t, new(address), test.backoff, len(test.want))))
			})
		})
	}
}

// Full jitter: all of the time up to the bound is used, evenly.
func TestClientsThatHaveLostTheSameServerComeBackSpread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(1, 2))
		b := reconnect.Backoff{Base: 8 * time.Second, Max: 8 * time.Second, Rand: random.Float64}
		var in [8]int
		for _, wait := range waits(t, new(address), b, 8000) {
			require.Less(t, wait, 8*time.Second)
			in[wait/time.Second]++
		}
		for _, n := range in {
			require.InDelta(t, 1000, n, 150)
		}
	})
}

func TestRetryAfterIsWaitedForBesidesTheRandomTime(t *testing.T) {
	for name, test := range map[string]struct {
		header http.Header
		bound  time.Duration
		want   time.Duration
	}{
		"seconds":             {http.Header{"Retry-After": {"30"}}, 0, 31 * time.Second},
		"none":                {nil, 0, time.Second},
		"more than is waited": {http.Header{"Retry-After": {"999999999"}}, 0, 10*time.Minute + time.Second},
		"a bound":             {http.Header{"Retry-After": {"30"}}, 10 * time.Second, 11 * time.Second},
		"not looked at":       {http.Header{"Retry-After": {"30"}}, -1, time.Second},
		"a date": {
			http.Header{"Retry-After": {"Fri, 31 Dec 1999 23:59:59 GMT"}, "Date": {"Fri, 31 Dec 1999 23:59:39 GMT"}}, 0, 21 * time.Second,
		},
	} {
		for _, status := range []int{http.StatusServiceUnavailable, http.StatusTooManyRequests} {
			t.Run(fmt.Sprint(name, ", ", status), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b := reconnect.Backoff{Base: 2 * time.Second, Max: 2 * time.Second, RetryAfter: test.bound, Rand: func() float64 { return 0.5 }}
					require.Equal(t, []time.Duration{test.want, test.want}, waits(t, refusing(t, status, test.header), b, 2))
				})
			})
		}
	}
}

func TestNoWaitIsLongerThanADurationCanBe(t *testing.T) {
	for name, b := range map[string]reconnect.Backoff{
		"Retry-After": {RetryAfter: math.MaxInt64},
		"random":      {Base: math.MaxInt64, Rand: func() float64 { return math.Nextafter(1, 0) }},
		"both":        {Base: math.MaxInt64, RetryAfter: math.MaxInt64},
		"Rand":        {Base: math.MaxInt64, Rand: func() float64 { return math.Inf(1) }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var status reconnect.Status
				a := refusing(t, http.StatusServiceUnavailable, http.Header{"Retry-After": {"99999999999999999999"}})
				client := a.client()
				client.Backoff, client.Status = b, &status
				l := listen(t, client.Flow()(flow.Never[message.Message]()))
				synctest.Wait()
				require.Equal(t, reconnect.Waiting, status.State().Phase)
				require.Greater(t, status.State().Wait, time.Hour)
				l.leave()
			})
		})
	}
}

func TestConnectionThatLastsLetsTheWaitsBeginAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := wstest.NewPeerServer(t)
		a := new(address).becomes(s.Server)
		client := a.client()
		client.Backoff = reconnect.Backoff{Base: time.Second, Max: 64 * time.Second, Rand: func() float64 { return 1 }}
		client.MaxAttempts = 4
		l := listen(t, client.Flow()(flow.Never[message.Message]()))
		began := time.Now()
		for i, lives := range []time.Duration{9 * time.Second, 9 * time.Second, 10 * time.Second, 0, 0, 0} {
			p := s.Accept()
			wait := time.Since(began)
			require.Equal(t, []time.Duration{0, time.Second, 2 * time.Second, time.Second, 2 * time.Second, 4 * time.Second}[i], wait, i)
			time.Sleep(lives)
			p.Cut()
			began = time.Now()
			if i == 4 {
				time.Sleep(2 * time.Second) // Accept waits for 3
			}
		}
		require.ErrorContains(t, l.end(), "reconnect: failed 4 times in a row: ")
	})
}
