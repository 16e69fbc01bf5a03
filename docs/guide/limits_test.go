package guide_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
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

// atMost serves up to n connections at a time; others are refused with 503.
func atMost(n int, ws *upgrade.Upgrader, h upgrade.Handler) http.Handler {
	places := make(chan struct{}, n)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
			_ = ws.Serve(w, r, h) // returns when the connection has ended
		default:
			w.Header().Set("Retry-After", "10")
			http.Error(w, "full", http.StatusServiceUnavailable)
		}
	})
}

func TestAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := wstest.NewServer(t, atMost(1, new(upgrade.Upgrader), shout))
		first := server.Probe("/")
		first.SendText("a")
		first.ExpectText("A")
		_, resp, err := server.Dialer().Dial(t.Context(), server.URL("/"))
		refused, ok := errors.AsType[*upgrade.RefusedError](err)
		require.True(t, ok, err)
		require.Equal(t, http.StatusServiceUnavailable, refused.Status)
		require.Equal(t, "10", resp.Header.Get("Retry-After"))
		first.SendCompletion()
		first.ExpectCompletion()
		synctest.Wait()
		second := server.Probe("/")
		second.SendText("b")
		second.ExpectText("B")
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
