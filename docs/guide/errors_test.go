package guide_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
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

var errNoMoney = errors.New("not enough money")

// pay ends the connection with a code of its own where the client can do something about it; what else fails is 1011.
func pay(charge func(ctx context.Context, cents int) error) flow.Flow[order, order] {
	return func(orders flow.Source[order]) flow.Source[order] {
		return flow.TryMap(orders, func(ctx context.Context, o order) (order, error) {
			err := charge(ctx, o.Cents)
			if errors.Is(err, errNoMoney) {
				return order{}, &upgrade.CloseError{Code: 4402, Reason: "not enough money"}
			}
			return o, err
		})
	}
}

func TestErrorsAndCodes(t *testing.T) {
	charge := func(_ context.Context, cents int) error {
		switch cents {
		case 1:
			return fmt.Errorf("charging: %w", errNoMoney)
		case 2:
			return errors.New("the password of the database is 123")
		case 3:
			panic("bug")
		}
		return nil
	}
	quietly := &upgrade.Upgrader{Settings: upgrade.Settings{Logger: slog.New(slog.DiscardHandler)}}
	for cents, code := range map[int]upgrade.CloseCode{1: 4402, 2: 1011, 3: 1011} {
		talk(t, quietly, message.JSON(pay(charge)), func(t *testing.T, probe *wstest.WSProbe) {
			probe.SendText(`{"cents":10}`)
			probe.ExpectText(`{"account":"","cents":10}`)
			probe.SendJSON(order{Cents: cents})
			end := probe.ExpectClose(code)
			require.NotContains(t, end.Reason, "password")
		})
	}
}

// lastWords tells the client in a message of its own why there is no more.
func lastWords(answers flow.Source[string]) flow.Source[string] {
	return flow.Recover(answers, func(err error) (string, bool) {
		return "sorry, no more of this", !errors.Is(err, errNoMoney)
	})
}

// skipping leaves out what does not work, and goes on.
func skipping(lines flow.Source[string], parse func(string) (int, error)) flow.Source[int] {
	return flow.TryMap(lines, func(_ context.Context, line string) (int, error) {
		n, err := parse(line)
		if err != nil {
			slog.Debug("skipped", "line", line, "error", err)
			return 0, flow.ErrSkip
		}
		return n, nil
	})
}

func Example_recovering() {
	ctx := context.Background()
	length := func(s string) (int, error) {
		if s == "" {
			return 0, errors.New("empty")
		}
		return len(s), nil
	}
	fmt.Println(flow.Collect(ctx, skipping(flow.Of("a", "", "ccc"), length)))
	fmt.Println(flow.Collect(ctx, lastWords(flow.Concat(flow.Of("a"), flow.Fail[string](net.ErrClosed)))))
	fmt.Println(flow.Collect(ctx, lastWords(flow.Concat(flow.Of("a"), flow.Fail[string](errNoMoney)))))
	// Output:
	// [1 3] <nil>
	// [a sorry, no more of this] <nil>
	// [a] not enough money
}

// trying loads each key up to four times: now, and after 100, 200 and 400 ms, each up to a fifth longer.
func trying(keys flow.Source[string], load func(context.Context, string) (int, error)) flow.Source[int] {
	again := flow.RestartSettings{
		MinBackoff:  100 * time.Millisecond,
		MaxRestarts: 3,
		RestartOn:   func(err error) bool { return !errors.Is(err, errUnknown) },
	}
	return flow.MapAsync(keys, 4, flow.Retry(again, load))
}

func TestTrying(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		load := func(_ context.Context, key string) (int, error) {
			if calls++; calls < 4 {
				return 0, net.ErrClosed
			}
			return len(key), nil
		}
		start := time.Now()
		out, err := flow.Collect(t.Context(), trying(flow.Of("abc"), load))
		require.NoError(t, err)
		require.Equal(t, []int{3}, out)
		require.InDelta(t, 770, time.Since(start).Milliseconds(), 71)
	})
}

// A feed counts what it gives, and closes the connection now and then.
func feed(n *int) upgrade.Handler {
	return func(in flow.Source[message.Message]) flow.Source[message.Message] {
		return flow.FlatMapConcat(in, func(message.Message) flow.Source[message.Message] {
			counted := flow.Map(flow.Take(flow.Tick(time.Second), 2), func(time.Time) message.Message {
				*n++
				return message.Text(fmt.Sprint(*n))
			})
			return flow.Concat(counted, flow.Fail[message.Message](&upgrade.CloseError{Code: 1012}))
		})
	}
}

func TestFeedComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		var ws upgrade.Upgrader
		server := wstest.NewServer(t, ws.Handler(feed(&n)))
		start := time.Now()
		out, err := flow.Collect(t.Context(), flow.Take(news(server.Dialer(), server.URL("/")), 4))
		t.Log(texts(out), err, time.Since(start))
		require.Equal(t, []string{"1", "2", "3", "4"}, texts(out))
		require.NoError(t, err)
		synctest.Wait()
		require.Empty(t, connections(&ws))
	})
}

// news is the feed of another server, for as long as it is needed: a connection that ends, or does not come to be, is
// made anew after 1 s, 2 s, 4 s and so on up to 30 s.
func news(dialer *upgrade.Dialer, url string) flow.Source[message.Message] {
	return flow.RestartSource(flow.RestartSettings{}, func(ctx context.Context) (flow.Source[message.Message], error) {
		conn, _, err := dialer.Dial(ctx, url)
		if err != nil {
			return flow.Source[message.Message]{}, err
		}
		hello := flow.Of(message.Text("subscribe"))
		return conn.Flow()(flow.Concat(hello, flow.Never[message.Message]())), nil
	})
}

func connections(ws *upgrade.Upgrader) []*upgrade.Conn {
	var all []*upgrade.Conn
	for _, conn := range ws.Connections() {
		all = append(all, conn)
	}
	return all
}

// Sessions end from outside: when somebody logs out, and when the account is closed.
type sessions struct{ loggedOut flow.KillSwitch }

func (s *sessions) handler(h upgrade.Handler) upgrade.Handler {
	return func(in flow.Source[message.Message]) flow.Source[message.Message] {
		return flow.Killable(h(in), &s.loggedOut)
	}
}

func (s *sessions) logOut() { s.loggedOut.Abort(&upgrade.CloseError{Code: 4003, Reason: "logged out"}) }

func TestLoggingOut(t *testing.T) {
	var s sessions
	talk(t, new(upgrade.Upgrader), s.handler(shout), func(t *testing.T, probe *wstest.WSProbe) {
		probe.SendText("a")
		probe.ExpectText("A")
		s.logOut()
		require.Equal(t, "logged out", probe.ExpectClose(4003).Reason)
	})
}

// watched logs how each connection has ended, and counts those that are there.
func watched(h upgrade.Handler, p *flow.Progress, logger *slog.Logger) upgrade.Handler {
	return func(in flow.Source[message.Message]) flow.Source[message.Message] {
		in = flow.WatchTermination(in, func(err error) { logger.Info("input has ended", "error", err) })
		return flow.Monitor(h(in), p)
	}
}

// audited knows more: who it was, for how long, and the code of the end.
func audited(ws *upgrade.Upgrader, h upgrade.Handler, logger *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := ws.Upgrade(w, r)
		if err != nil {
			return // it has been answered
		}
		began := time.Now()
		err = conn.Run(r.Context(), h)
		logger.Info("connection", "from", conn.RemoteAddr(), "lasted", time.Since(began), "code", conn.Closed().Code, "error", err)
	})
}

func TestWatching(t *testing.T) {
	var log strings.Builder
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == "time" || a.Key == "from" {
			return slog.Attr{}
		}
		return a
	}}))
	var p flow.Progress
	synctest.Test(t, func(t *testing.T) {
		server := wstest.NewServer(t, audited(new(upgrade.Upgrader), watched(shout, &p, logger), logger))
		probe := server.Probe("/")
		probe.SendText("a")
		probe.ExpectText("A")
		require.EqualValues(t, 1, p.Running())
		probe.SendClose(4000, "enough")
		probe.ExpectClose(4000)
		synctest.Wait()
	})
	require.EqualValues(t, 1, p.Values())
	require.EqualValues(t, 0, p.Running())
	t.Log(log.String())
	require.Contains(t, log.String(), "code=4000")
}
