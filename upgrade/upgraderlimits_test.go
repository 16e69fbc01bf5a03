package upgrade_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/routing"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// byUser is the key of a request's User.
func byUser(r *http.Request) string { return r.Header.Get("User") }

// dialAs connects as a user.
func dialAs(t *testing.T, s *wstest.Server, user string) (*upgrade.Conn, error) {
	t.Helper()
	d := s.Dialer()
	d.Header = http.Header{"User": {user}}
	c, _, err := d.Dial(t.Context(), s.URL("/"))
	return c, err
}

// leave closes a connection that only receives.
func leave(t *testing.T, c *upgrade.Conn) {
	t.Helper()
	require.NoError(t, c.Close(protocol.CloseNormal, ""))
	synctest.Wait()
}

// requireRefused expects a refusal for a limit, at the client and by the observer.
func requireRefused(t *testing.T, err error, w *witness, status int, limit upgrade.Limit, after time.Duration) {
	t.Helper()
	refused, ok := errors.AsType[*upgrade.RefusedError](err)
	require.True(t, ok, err)
	require.Equal(t, status, refused.Status)
	wait, ok := refused.RetryAfter()
	require.True(t, ok)
	require.Equal(t, after, wait)
	all := seen[upgrade.Refused](w)
	over, ok := errors.AsType[*upgrade.LimitError](all[len(all)-1].Rejection)
	require.True(t, ok)
	require.Equal(t, limit, over.Limit)
}

func TestConnectionsUpToTheLimitPassAndOneMoreIsRefusedWith503(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := new(witness)
		s := wstest.NewServer(t, (&upgrade.Upgrader{Settings: upgrade.Settings{Observer: w}, MaxConnections: 3}).Handler(echo))
		var first *upgrade.Conn
		for range 3 {
			c, err := dialAs(t, s, "")
			require.NoError(t, err)
			first = c
		}
		for range 3 {
			_, err := dialAs(t, s, "")
			requireRefused(t, err, w, http.StatusServiceUnavailable, upgrade.LimitConnections, 5*time.Second)
			require.ErrorContains(t, err, "too many connections")
		}
		leave(t, first)
		_, err := dialAs(t, s, "")
		require.NoError(t, err)
		_, err = dialAs(t, s, "")
		requireRefused(t, err, w, http.StatusServiceUnavailable, upgrade.LimitConnections, 5*time.Second)
	})
}

func TestConnectionsOfAKeyUpToTheLimitPassAndOneMoreIsRefusedWith429(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := new(witness)
		u := &upgrade.Upgrader{Settings: upgrade.Settings{Observer: w}, MaxConnectionsPerKey: 2, Key: byUser}
		s := wstest.NewServer(t, u.Handler(echo))
		var ada *upgrade.Conn
		for range 2 {
			c, err := dialAs(t, s, "Ada")
			require.NoError(t, err)
			ada = c
		}
		_, err := dialAs(t, s, "Ada")
		requireRefused(t, err, w, http.StatusTooManyRequests, upgrade.LimitConnectionsPerKey, 5*time.Second)
		_, err = dialAs(t, s, "Bob")
		require.NoError(t, err)
		for range 10 {
			_, err = dialAs(t, s, "") // no key, no limit
			require.NoError(t, err)
		}
		leave(t, ada)
		_, err = dialAs(t, s, "Ada")
		require.NoError(t, err)
	})
}

func TestHandshakesUpToTheRatePassAndOneMoreIsToldWhenToComeBack(t *testing.T) {
	for name, test := range map[string]struct {
		u      *upgrade.Upgrader
		status int
		limit  upgrade.Limit
	}{
		"in all": {&upgrade.Upgrader{HandshakeRate: upgrade.Rate{N: 3, Per: 10 * time.Second}}, http.StatusServiceUnavailable, upgrade.LimitHandshakeRate},
		"of a key": {
			&upgrade.Upgrader{HandshakeRatePerKey: upgrade.Rate{N: 3, Per: 10 * time.Second}, Key: byUser},
			http.StatusTooManyRequests, upgrade.LimitHandshakeRatePerKey,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := new(witness)
				test.u.Observer = w
				s := wstest.NewServer(t, test.u.Handler(echo))
				for range 3 {
					c, err := dialAs(t, s, "Ada")
					require.NoError(t, err)
					leave(t, c) // that it has gone does not matter
				}
				_, err := dialAs(t, s, "Ada")
				requireRefused(t, err, w, test.status, test.limit, 4*time.Second)
				_, err = dialAs(t, s, "Bob")
				require.Equal(t, name == "of a key", err == nil)

				time.Sleep(2 * time.Second)
				_, err = dialAs(t, s, "Ada")
				requireRefused(t, err, w, test.status, test.limit, 2*time.Second)
				time.Sleep(2 * time.Second) // as long as it was told
				_, err = dialAs(t, s, "Ada")
				require.NoError(t, err)
				_, err = dialAs(t, s, "Ada")
				require.Error(t, err)

				time.Sleep(time.Hour)
				for range 3 {
					_, err = dialAs(t, s, "Ada")
					require.NoError(t, err)
				}
				_, err = dialAs(t, s, "Ada")
				requireRefused(t, err, w, test.status, test.limit, 4*time.Second)
			})
		})
	}
}

func TestAPeerIsToldOfItsOwnLimitFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := new(witness)
		u := &upgrade.Upgrader{Settings: upgrade.Settings{Observer: w}, MaxConnections: 1, MaxConnectionsPerKey: 1, Key: byUser}
		s := wstest.NewServer(t, u.Handler(echo))
		_, err := dialAs(t, s, "Ada")
		require.NoError(t, err)
		_, err = dialAs(t, s, "Ada")
		requireRefused(t, err, w, http.StatusTooManyRequests, upgrade.LimitConnectionsPerKey, 5*time.Second)
		_, err = dialAs(t, s, "Bob")
		requireRefused(t, err, w, http.StatusServiceUnavailable, upgrade.LimitConnections, 5*time.Second)
	})
}

// All have passed Check before the first one is accepted.
func TestABurstOfHandshakesNeverExceedsTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const handshakes, most = 1000, 100
		w := new(witness)
		passed, accept := make(chan struct{}, handshakes), make(chan struct{})
		u := &upgrade.Upgrader{Settings: upgrade.Settings{Observer: w, Logger: slog.New(slog.DiscardHandler)}, MaxConnections: most, MaxConnectionsPerKey: most}
		s := wstest.NewServer(t, u.HandlerFunc(func(*upgrade.Request) (upgrade.Handler, error) {
			passed <- struct{}{}
			<-accept
			return echo, nil
		}))
		results := make(chan error, handshakes)
		for range handshakes {
			go func() {
				_, _, err := s.Dialer().Dial(t.Context(), s.URL("/"))
				results <- err
			}()
		}
		synctest.Wait()
		require.Len(t, passed, handshakes)
		close(accept)
		open := 0
		for range handshakes {
			if err := <-results; err == nil {
				open++
			}
		}
		require.Equal(t, most, open)
		require.Len(t, seen[upgrade.Opened](w), most)
		require.Len(t, seen[upgrade.Refused](w), handshakes-most)
		_, _, err := s.Dialer().Dial(t.Context(), s.URL("/"))
		requireRefused(t, err, w, http.StatusTooManyRequests, upgrade.LimitConnectionsPerKey, 5*time.Second)
		require.Len(t, passed, handshakes, "no handler was made for one that can be refused before")
	})
}

func TestLimitsHoldWhileConnectionsComeAndGo(t *testing.T) {
	const most = 10
	var mu sync.Mutex
	live, peak := 0, 0
	count := func(n int) {
		mu.Lock()
		defer mu.Unlock()
		live += n
		peak = max(peak, live)
	}
	u := &upgrade.Upgrader{Settings: upgrade.Settings{Logger: slog.New(slog.DiscardHandler)}, MaxConnections: most}
	s := wstest.NewServer(t, u.Handler(func(in source) source {
		return flow.FromFunc(func(ctx context.Context, emit func(message.Message) error) error {
			count(1)
			defer count(-1)
			return in.Run(ctx, emit)
		})
	}))
	var clients sync.WaitGroup
	for i := range 50 {
		clients.Go(func() {
			for j := range 20 {
				c, _, err := s.Dialer().Dial(context.Background(), s.URL("/"))
				switch {
				case err != nil:
					runtime.Gosched()
				case (i+j)%2 == 0:
					_ = c.Close(protocol.CloseNormal, "")
				default:
					_ = c.Send(context.Background(), message.Text("x"))
					_ = c.Close(4000, "")
				}
			}
		})
	}
	clients.Wait()
	require.LessOrEqual(t, peak, most)
	require.NoError(t, u.Shutdown(t.Context()))
}

func TestAConnectionThatIsCutCountsUntilItsHandlerHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := new(witness)
		stubborn := func(in source) source {
			return flow.Map(in, func(m message.Message) message.Message {
				time.Sleep(time.Hour) // whatever its context says
				return m
			})
		}
		s := wstest.NewServer(t, (&upgrade.Upgrader{Settings: upgrade.Settings{Observer: w}, MaxConnections: 1}).Handler(stubborn))
		p := connect(t, s, "/")
		p.text("x")
		synctest.Wait()
		p.hangUp()
		time.Sleep(time.Minute)
		require.Len(t, seen[upgrade.Closed](w), 1)
		_, err := dialAs(t, s, "")
		requireRefused(t, err, w, http.StatusServiceUnavailable, upgrade.LimitConnections, 5*time.Second)
		time.Sleep(time.Hour)
		_, err = dialAs(t, s, "")
		require.NoError(t, err)
	})
}

func TestCheckTakesNothingHoweverManyRoutesAreTried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := &upgrade.Upgrader{MaxConnections: 2, HandshakeRate: upgrade.Rate{N: 2, Per: time.Minute}, HandshakeRatePerKey: upgrade.Rate{N: 2, Per: time.Minute}}
		for range 100 {
			_, err := u.Check(upgradeRequest())
			require.NoError(t, err)
		}
		s := wstest.NewServer(t, routing.With(u, routing.Concat(
			routing.HandleWebSocketMessagesForProtocol(echo, "a"),
			routing.HandleWebSocketMessagesForProtocol(echo, "b"),
			routing.HandleWebSocketMessages(echo),
		)))
		for range 2 {
			_, err := dialAs(t, s, "")
			require.NoError(t, err)
		}
		_, err := dialAs(t, s, "")
		require.ErrorContains(t, err, "429 Too Many Requests")
	})
}

func TestAHandshakeRateThatIsNotPositiveIsASetUpError(t *testing.T) {
	for name, u := range map[string]*upgrade.Upgrader{
		"Upgrader.HandshakeRate":       {HandshakeRate: upgrade.Rate{N: 1, Per: -1}},
		"Upgrader.HandshakeRatePerKey": {HandshakeRatePerKey: upgrade.Rate{Burst: 1}},
	} {
		u.Logger = slog.New(slog.DiscardHandler)
		w := httptest.NewRecorder()
		_, err := u.Upgrade(w, upgradeRequest())
		require.ErrorContains(t, err, name+": rate of N")
		require.Equal(t, 500, w.Code)
	}
}

func TestNegativeNumbersOfConnectionsAreNoLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := wstest.NewServer(t, (&upgrade.Upgrader{MaxConnections: -1, MaxConnectionsPerKey: -1}).Handler(echo))
		for i := range 10 {
			_, err := dialAs(t, s, strconv.Itoa(i))
			require.NoError(t, err)
		}
	})
}
