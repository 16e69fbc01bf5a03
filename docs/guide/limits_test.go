package guide_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

var tight = &upgrade.Upgrader{Settings: upgrade.Settings{
	MaxMessage:     64 << 10,
	MessageTimeout: 10 * time.Second,
	WriteTimeout:   5 * time.Second,
	PingInterval:   20 * time.Second,
}}

func TestTightUpgrader(t *testing.T) {
	talk(t, tight, shout, func(t *testing.T, probe *wstest.WSProbe) {
		probe.SendText(strings.Repeat("a", 64<<10))
		probe.ExpectMessage()
		probe.SendText(strings.Repeat("a", 64<<10+1))
		t.Log(probe.ExpectClose(1009))
	})
}

func shout(in flow.Source[message.Message]) flow.Source[message.Message] {
	return message.TextOnly(func(words flow.Source[string]) flow.Source[string] { return flow.Map(words, strings.ToUpper) })(in)
}

// size is what a message costs.
func size(m message.Message) int { return m.Len() }

// bounded is a handler with limits of its own around it: 100 kB/s with bursts of a megabyte, a first message within 10 s,
// none of an hour without one, and no more than a day in all.
func bounded(h upgrade.Handler) upgrade.Handler {
	return func(in flow.Source[message.Message]) flow.Source[message.Message] {
		in = flow.EnforceRateWeighted(in, flow.Rate{N: 100_000, Per: time.Second, Burst: 1 << 20}, size, tooMuch)
		in = flow.InitialTimeout(in, 10*time.Second)
		in = flow.IdleTimeout(in, time.Hour)
		in = flow.CompletionTimeout(in, 24*time.Hour)
		return h(flow.MapError(in, tooLate))
	}
}

func tooMuch(_ context.Context, m message.Message) (message.Message, error) {
	return m, &upgrade.CloseError{Code: 1008, Reason: "too many bytes"}
}

// tooLate gives timeouts a close code of ours; without one the peer sees 1011.
func tooLate(err error) error {
	if late, ok := errors.AsType[*flow.TimeoutError](err); ok {
		return &upgrade.CloseError{Code: 4008, Reason: late.Operator}
	}
	return err
}

func TestBounded(t *testing.T) {
	talk(t, new(upgrade.Upgrader), bounded(shout), func(t *testing.T, probe *wstest.WSProbe) {
		probe.Timeout = time.Minute
		start := time.Now()
		require.Equal(t, "InitialTimeout", probe.ExpectClose(4008).Reason)
		require.Equal(t, 10*time.Second, time.Since(start))
	})
	talk(t, new(upgrade.Upgrader), bounded(shout), func(t *testing.T, probe *wstest.WSProbe) {
		probe.Timeout = 2 * time.Hour
		probe.SendText("a")
		probe.ExpectText("A")
		require.Equal(t, "IdleTimeout", probe.ExpectClose(4008).Reason)
	})
	talk(t, new(upgrade.Upgrader), bounded(shout), func(t *testing.T, probe *wstest.WSProbe) {
		probe.SendText(strings.Repeat("a", 1<<20-1000))
		probe.ExpectMessage()
		probe.SendText(strings.Repeat("a", 2000))
		require.Equal(t, "too many bytes", probe.ExpectClose(1008).Reason)
	})
	talk(t, new(upgrade.Upgrader), flow.Flow[message.Message, message.Message](func(in flow.Source[message.Message]) flow.Source[message.Message] {
		return flow.IdleTimeout(in, time.Second)
	}), func(_ *testing.T, probe *wstest.WSProbe) {
		probe.ExpectClose(1011)
	})
	require.ErrorIs(t, &flow.TimeoutError{}, os.ErrDeadlineExceeded)
}

// quiet ends a connection on which neither end has said anything for a while.
func quiet(h upgrade.Handler) upgrade.Handler { return flow.BidiIdleTimeout(h, 15*time.Minute) }

func TestQuiet(t *testing.T) {
	talk(t, new(upgrade.Upgrader), quiet(clock()), func(_ *testing.T, probe *wstest.WSProbe) {
		for range 3600 {
			probe.ExpectMessage()
		}
	})
}

var guarded = &upgrade.Upgrader{Settings: upgrade.Settings{
	MessageRate: upgrade.Rate{N: 20, Per: time.Second, Burst: 50},
	ControlRate: upgrade.Rate{N: 10, Per: time.Second},
	ByteRate:    upgrade.Rate{N: 100_000, Per: time.Second, Burst: 2 << 20}, // more than the largest message
}}

func TestGuarded(t *testing.T) {
	talk(t, guarded, shout, func(t *testing.T, probe *wstest.WSProbe) {
		for range 50 {
			probe.SendText("a")
			probe.ExpectText("A")
		}
		probe.SendText("a")
		require.Equal(t, "more than 20 messages a second", probe.ExpectClose(1008).Reason)
	})
}

// paced takes up to 20 messages a second. A peer that is faster waits.
func paced(h upgrade.Handler) upgrade.Handler {
	return func(in flow.Source[message.Message]) flow.Source[message.Message] {
		return h(flow.Throttle(in, upgrade.Rate{N: 20, Per: time.Second}))
	}
}

func TestPaced(t *testing.T) {
	talk(t, new(upgrade.Upgrader), paced(shout), func(t *testing.T, probe *wstest.WSProbe) {
		start := time.Now()
		for range 60 {
			probe.SendText("a")
		}
		for range 60 {
			probe.ExpectText("A")
		}
		require.Equal(t, 2*time.Second, time.Since(start).Round(100*time.Millisecond))
	})
}

var crowded = &upgrade.Upgrader{
	MaxConnections:       10_000,
	MaxConnectionsPerKey: 20,
	HandshakeRate:        upgrade.Rate{N: 500, Per: time.Second},
	HandshakeRatePerKey:  upgrade.Rate{N: 30, Per: time.Minute, Burst: 10},
	Key:                  behindProxy,
}

// behindProxy is the address that our own proxy has seen: the last one, which it has added to what clients say.
func behindProxy(r *http.Request) string {
	fields := r.Header.Values("X-Forwarded-For")
	if len(fields) == 0 {
		return upgrade.AddressKey(r) // not through the proxy
	}
	hops := strings.Split(fields[len(fields)-1], ",")
	return strings.TrimSpace(hops[len(hops)-1])
}

// crowds are those that have come to crowded, which outlives a test.
var crowds atomic.Int32

func TestCrowded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mine := fmt.Sprintf("192.0.2.%d", crowds.Add(2))
		other := fmt.Sprintf("192.0.2.%d", crowds.Load()+1)
		server := wstest.NewServer(t, crowded.Handler(shout))
		from := func(forwarded string) error {
			d := server.Dialer()
			d.Header = http.Header{"X-Forwarded-For": {forwarded}}
			_, _, err := d.Dial(t.Context(), server.URL("/"))
			return err
		}
		for i := range 10 {
			require.NoError(t, from(fmt.Sprintf("10.0.0.%d, %s", i, mine)))
		}
		refused, ok := errors.AsType[*upgrade.RefusedError](from(mine))
		require.True(t, ok)
		require.Equal(t, http.StatusTooManyRequests, refused.Status)
		after, ok := refused.RetryAfter()
		require.True(t, ok)
		require.Equal(t, 2*time.Second, after)
		require.NoError(t, from(other))
		require.Equal(t, "client", behindProxy(&http.Request{RemoteAddr: "client:1"}))
	})
}

// A hello is the first message: a token. What comes after it goes to the handler of the user whose token it is.
func afterHello(login func(ctx context.Context, token string) (user string, err error), h func(user string) upgrade.Handler) upgrade.Handler {
	return func(in flow.Source[message.Message]) flow.Source[message.Message] {
		in = flow.MapError(flow.InitialTimeout(in, 5*time.Second), tooLate)
		return flow.FlatMapPrefix(in, 1, func(ctx context.Context, hello []message.Message) (upgrade.Handler, error) {
			if len(hello) == 0 {
				return nil, &upgrade.CloseError{Code: 4001, Reason: "no token"}
			}
			user, err := login(ctx, hello[0].Text())
			if err != nil {
				return nil, &upgrade.CloseError{Code: 4001, Reason: "who are you?"}
			}
			return h(user), nil
		})
	}
}

func TestAfterHello(t *testing.T) {
	login := func(_ context.Context, token string) (string, error) {
		if token != "secret" {
			return "", errors.New("no such token")
		}
		return "Ada", nil
	}
	greet := func(user string) upgrade.Handler {
		return message.TextOnly(func(in flow.Source[string]) flow.Source[string] {
			return flow.Concat(flow.Of("hello "+user), flow.Map(in, strings.ToUpper))
		})
	}
	talk(t, new(upgrade.Upgrader), afterHello(login, greet), func(_ *testing.T, probe *wstest.WSProbe) {
		probe.SendText("secret")
		probe.ExpectText("hello Ada")
		probe.SendText("a")
		probe.ExpectText("A")
		probe.SendCompletion()
		probe.ExpectCompletion()
	})
	talk(t, new(upgrade.Upgrader), afterHello(login, greet), func(t *testing.T, probe *wstest.WSProbe) {
		probe.SendText("guess")
		require.Equal(t, "who are you?", probe.ExpectClose(4001).Reason)
	})
	talk(t, new(upgrade.Upgrader), afterHello(login, greet), func(_ *testing.T, probe *wstest.WSProbe) {
		probe.Timeout = time.Minute
		probe.ExpectClose(4008)
	})
}
