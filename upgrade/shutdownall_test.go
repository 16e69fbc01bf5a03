package upgrade_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/internal/wire"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
)

// A stoppable is a server of either kind.
type stoppable interface {
	Shutdown(ctx context.Context) error
	RegisterOnShutdown(f func())
}

// servers are a server of each kind with u's connections, which serves on l.
func servers(u *upgrade.Upgrader, l *wire.Listener) map[string]func() stoppable {
	return map[string]func() stoppable{
		"http.Server": func() stoppable {
			s := &http.Server{Handler: u.Handler(deaf), ReadHeaderTimeout: time.Minute}
			go func() { _ = s.Serve(l) }()
			return s
		},
		"upgrade.Server": func() stoppable {
			s := &upgrade.Server{Handler: u.Handler(deaf)}
			go func() { _ = s.Serve(l) }()
			return s
		},
	}
}

// onServers runs a test with a server of each kind that has one connection, whose handler does not end by itself.
func onServers(t *testing.T, test func(t *testing.T, u *upgrade.Upgrader, s stoppable, leave func())) {
	t.Helper()
	for _, name := range []string{"http.Server", "upgrade.Server"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				u, l := &upgrade.Upgrader{Settings: quiet}, wire.Listen()
				s := servers(u, l)[name]()
				dialer := upgrade.Dialer{DialContext: l.DialContext}
				c, _, err := dialer.Dial(t.Context(), "ws://server/")
				require.NoError(t, err)
				synctest.Wait() // its handler runs
				test(t, u, s, func() {
					require.NoError(t, c.Run(context.Background(), echo))
					require.Equal(t, protocol.CloseGoingAway, c.Closed().Code)
					require.True(t, c.Closed().FromPeer)
				})
			})
		})
	}
}

func TestShutdownEndsAServerAndItsConnectionsAndWaitsForBoth(t *testing.T) {
	onServers(t, func(t *testing.T, u *upgrade.Upgrader, s stoppable, leave func()) {
		began := time.Now()
		down := later(func() error { return upgrade.Shutdown(context.Background(), s, u) })
		leave()
		require.NoError(t, <-down)
		require.Equal(t, 5*time.Second, time.Since(began), "the grace of the handler, not of one after the other")
	})
}

func TestShutdownJoinsTheErrors(t *testing.T) {
	onServers(t, func(t *testing.T, u *upgrade.Upgrader, s stoppable, leave func()) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		other := new(upgrade.Upgrader)
		err := upgrade.Shutdown(ctx, s, other, u)
		require.EqualError(t, err, "upgrade: 1 connection was cut: context deadline exceeded")
		report, ok := errors.AsType[*upgrade.ShutdownError](err)
		require.True(t, ok)
		require.Equal(t, 1, report.Cut)
		leave()
	})
}

func TestUpgraderIsShutDownWithItsServerAndCanBeWaitedFor(t *testing.T) {
	onServers(t, func(t *testing.T, u *upgrade.Upgrader, s stoppable, leave func()) {
		wait := u.ShutdownOn(s, time.Minute)
		over, cancel := context.WithCancelCause(t.Context())
		cancel(errors.New("enough"))
		require.EqualError(t, wait(over), "enough", "nobody has shut down the server")
		began := time.Now()
		require.NoError(t, s.Shutdown(t.Context()))
		require.NoError(t, s.Shutdown(t.Context()), "again")
		require.Zero(t, time.Since(began), "it does not wait")
		ended := later(func() error { return wait(t.Context()) })
		leave()
		require.NoError(t, <-ended)
		require.Equal(t, 5*time.Second, time.Since(began))
		require.NoError(t, wait(t.Context()))
	})
}

func TestUpgraderThatIsShutDownWithItsServerCutsAtItsOwnTimeout(t *testing.T) {
	onServers(t, func(t *testing.T, u *upgrade.Upgrader, s stoppable, leave func()) {
		wait := u.ShutdownOn(s, time.Second)
		require.NoError(t, s.Shutdown(t.Context()))
		require.EqualError(t, wait(t.Context()), "upgrade: 1 connection was cut: context deadline exceeded")
		leave()
	})
}
