package guide_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/hub"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/reconnect"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// ticker is a client that only listens, for as long as it is needed.
func ticker(dialer *upgrade.Dialer, url string) flow.Source[message.Message] {
	client := reconnect.Client{URL: url, Dialer: dialer}
	return client.Flow()(flow.Never[message.Message]())
}

// A telemetry sends what is measured. While there is no connection the newest 1000 measurements wait, and older ones
// are dropped.
type telemetry struct {
	measured *flow.Queue[message.Message]
	status   reconnect.Status
}

func (d *telemetry) run(ctx context.Context, dialer *upgrade.Dialer, url string) error {
	client := reconnect.Client{
		URL: url, Dialer: dialer, Queue: 1000, Overflow: flow.DropOldest, Status: &d.status,
		Lost: func(_ message.Message, err error) { slog.Warn("measurement lost", "error", err) },
	}
	return client.Flow()(d.measured.Source()).Run(ctx, func(message.Message) error { return nil })
}

// watch calls f with each state of the connection, or with the newest where f is slow.
func (d *telemetry) watch(ctx context.Context, f func(reconnect.State)) error {
	return d.status.States().Run(ctx, func(s reconnect.State) error {
		f(s)
		return nil
	})
}

// authorized gets a token for each attempt, and tries again when the server no longer takes the old one.
func authorized(client reconnect.Client, token func(context.Context) (string, error)) reconnect.Client {
	url := client.URL
	client.Target = func(ctx context.Context, _ reconnect.Attempt) (string, http.Header, error) {
		bearer, err := token(ctx)
		return url, http.Header{"Authorization": {"Bearer " + bearer}}, err
	}
	client.MaxAttempts = 10
	client.Retry = func(err error) bool {
		refused, ok := errors.AsType[*upgrade.RefusedError](err)
		return reconnect.Retryable(err) || ok && refused.Status == http.StatusUnauthorized
	}
	return client
}

// A quote is a price, which the server numbers by its topic.
type quote struct {
	Symbol string `json:"symbol"`
	Cents  int    `json:"cents"`
}

// quotes serves a topic: GET /quotes?after=POSITION.
func quotes(ws *upgrade.Upgrader, topic *hub.Topic[quote]) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /quotes", ws.HandlerFunc(reconnect.Feed(topic, hub.Options{})))
	return mux
}

// A board follows the topic: each quote arrives once and in order, whatever happens to connections.
type board struct {
	mu    sync.Mutex
	cents map[string]int
	stale bool // not all of it is known
}

func (b *board) follow(ctx context.Context, dialer *upgrade.Dialer, url string) error {
	topic := reconnect.Topic[quote]{Client: &reconnect.Client{URL: url, Dialer: dialer}}
	return topic.Source().Run(ctx, func(item hub.Item[quote]) error {
		b.mu.Lock()
		defer b.mu.Unlock()
		if first, last := item.Missing(); item.Missed > 0 {
			slog.Warn("quotes are missing", "first", first, "last", last)
		}
		b.stale = b.stale || item.Missed > 0 || item.Reset
		if !item.NoValue {
			b.cents[item.Value.Symbol] = item.Value.Cents
		}
		return nil
	})
}

// worker answers what the server asks, on each connection anew.
func worker(ctx context.Context, dialer *upgrade.Dialer, url string, work func(context.Context, message.Message) (message.Message, error)) error {
	client := reconnect.Client{URL: url, Dialer: dialer}
	return client.Run(ctx, func(in flow.Source[message.Message]) flow.Source[message.Message] {
		return flow.MapAsync(in, 4, work)
	})
}

// behind dials whichever server stands behind an address now.
func behind(server *atomic.Pointer[wstest.Server]) *upgrade.Dialer {
	return &upgrade.Dialer{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		return server.Load().Dialer().DialContext(ctx, network, addr)
	}}
}

func TestBoardOutlivesARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ws := &upgrade.Upgrader{ShutdownCode: 1012}
		before := hub.NewTopic(hub.Settings[quote]{})
		var server atomic.Pointer[wstest.Server]
		server.Store(wstest.NewServer(t, quotes(ws, before)))

		b := board{cents: make(map[string]int)}
		go func() { _ = b.follow(t.Context(), behind(&server), "ws://any.name/quotes") }()
		synctest.Wait() // it has subscribed
		_, err := before.Publish(t.Context(), quote{"GO", 126})
		require.NoError(t, err)
		synctest.Wait() // and has the quote

		start := time.Now()
		server.Store(wstest.NewServer(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "60")
			http.Error(w, "starting", http.StatusServiceUnavailable)
		})))
		require.NoError(t, ws.Shutdown(t.Context()))
		time.Sleep(5*time.Second - time.Since(start)) // it has come within 5 s, and was refused

		after := hub.NewTopic(hub.Settings[quote]{}) // with an epoch of its own
		_, err = after.Publish(t.Context(), quote{"WS", 6455})
		require.NoError(t, err)
		server.Store(wstest.NewServer(t, quotes(new(upgrade.Upgrader), after)))
		time.Sleep(59*time.Second - time.Since(start))
		require.Zero(t, after.Subscribers())           // it keeps to the Retry-After
		time.Sleep(76*time.Second - time.Since(start)) // 5 s, the Retry-After, and up to 10 s
		synctest.Wait()
		require.True(t, b.stale) // a Reset
		require.Equal(t, map[string]int{"GO": 126, "WS": 6455}, b.cents)
	})
}

func TestTickerComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := wstest.NewPeerServer(t)
		heard := make(chan string, 2)
		go func() {
			for m := range ticker(s.Dialer(), s.URL("/")).All(t.Context()) {
				heard <- m.Text()
			}
		}()
		for _, tick := range []string{"one", "two"} {
			p := s.Accept()
			p.WriteText(tick)
			require.Equal(t, tick, <-heard)
			p.Cut()
			time.Sleep(5 * time.Second)
		}
	})
}

func TestTelemetryKeepsTheNewest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []string
		var ws upgrade.Upgrader
		s := wstest.NewServer(t, ws.Handler(func(in flow.Source[message.Message]) flow.Source[message.Message] {
			return flow.FilterMap(in, func(m message.Message) (message.Message, bool) {
				got = append(got, m.Text())
				return m, false
			})
		}))
		d := telemetry{measured: flow.NewQueue[message.Message](10)}
		d.measured.Offer(message.Text("21 °C"))
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- d.run(ctx, s.Dialer(), s.URL("/")) }()
		var phases []reconnect.Phase
		watched := make(chan error, 1)
		go func() {
			watched <- d.watch(t.Context(), func(s reconnect.State) { phases = append(phases, s.Phase) })
		}()
		synctest.Wait()
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
		require.NoError(t, <-watched)
		require.Equal(t, []string{"21 °C"}, got)
		require.Contains(t, phases, reconnect.Connected)
		require.Equal(t, reconnect.Closed, phases[len(phases)-1])
	})
}

func TestTokenIsRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ws upgrade.Upgrader
		s := wstest.NewServer(t, ws.HandlerFunc(func(q *upgrade.Request) (upgrade.Handler, error) {
			if q.Header.Get("Authorization") != "Bearer new" {
				return nil, upgrade.Reject(http.StatusUnauthorized, "")
			}
			return func(in flow.Source[message.Message]) flow.Source[message.Message] { return in }, nil
		}))
		tokens := []string{"old", "new"}
		client := authorized(reconnect.Client{URL: s.URL("/"), Dialer: s.Dialer()}, func(context.Context) (string, error) {
			token := tokens[0]
			tokens = tokens[1:]
			return token, nil
		})
		got, err := flow.Collect(t.Context(), client.Flow()(flow.Of(message.Text("hello"))))
		require.NoError(t, err)
		require.Equal(t, []string{"hello"}, texts(got))
	})
}

func TestBoardHasAllQuotes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topic := hub.NewTopic(hub.Settings[quote]{})
		var server atomic.Pointer[wstest.Server]
		serve := func() *upgrade.Upgrader {
			ws := &upgrade.Upgrader{ShutdownCode: 1012}
			server.Store(wstest.NewServer(t, quotes(ws, topic)))
			return ws
		}
		ws := serve()
		b := board{cents: make(map[string]int)}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- b.follow(ctx, behind(&server), server.Load().URL("/quotes")) }()
		synctest.Wait()
		say := func(q quote) {
			_, err := topic.Publish(ctx, q)
			require.NoError(t, err)
		}
		say(quote{"GO", 126})
		require.NoError(t, ws.Shutdown(ctx))
		say(quote{"WS", 6455})
		serve()
		time.Sleep(5 * time.Second)
		synctest.Wait()
		require.Equal(t, map[string]int{"GO": 126, "WS": 6455}, b.cents)
		require.False(t, b.stale)
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
	})
}

func TestWorkerWorksOnEachConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := wstest.NewPeerServer(t)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			ended <- worker(ctx, s.Dialer(), s.URL("/"), func(_ context.Context, m message.Message) (message.Message, error) {
				return message.Text("did " + m.Text()), nil
			})
		}()
		for range 2 {
			p := s.Accept()
			p.WriteText("this")
			p.ExpectText("did this")
			p.Cut()
			time.Sleep(5 * time.Second)
		}
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
	})
}
