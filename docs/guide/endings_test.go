package guide_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/internal/wire"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// goodbye lets the clients go within the first half of the time, asks them to come back, and says what did not end.
func goodbye(server *http.Server, ws *upgrade.Upgrader, logger *slog.Logger) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	err := upgrade.Shutdown(ctx, server, ws)
	if report, ok := errors.AsType[*upgrade.ShutdownError](err); ok {
		for _, c := range report.Running {
			logger.Error("handler ignores its context", "path", c.Request().URL.Path, "from", c.RemoteAddr())
		}
	}
	return err
}

var restarting = upgrade.Upgrader{ShutdownCode: 1012, ShutdownSpread: 15 * time.Second}

func TestGoodbye(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ws := &upgrade.Upgrader{ShutdownCode: restarting.ShutdownCode, ShutdownSpread: restarting.ShutdownSpread}
		free := make(chan struct{})
		listener := wire.Listen()
		server := &http.Server{Handler: ws.Handler(func(flow.Source[message.Message]) flow.Source[message.Message] {
			return flow.FromFunc(func(context.Context, func(message.Message) error) error { <-free; return nil })
		}), ReadHeaderTimeout: time.Minute}
		go func() { _ = server.Serve(listener) }()
		dialer := upgrade.Dialer{DialContext: listener.DialContext}
		conn, _, err := dialer.Dial(t.Context(), "ws://server/stuck")
		require.NoError(t, err)
		synctest.Wait()
		var logged strings.Builder
		ended := make(chan error, 1)
		go func() { ended <- goodbye(server, ws, slog.New(slog.NewTextHandler(&logged, nil))) }()
		require.Error(t, conn.Run(t.Context(), func(in flow.Source[message.Message]) flow.Source[message.Message] { return in }))
		require.EqualValues(t, 1012, conn.Closed().Code)
		require.ErrorContains(t, <-ended, "1 handler still runs (GET /stuck from ")
		require.Contains(t, logged.String(), "path=/stuck")
		close(free)
	})
}

// brisk is for a shutdown of 10 s.
var brisk = upgrade.Settings{CloseGrace: 2 * time.Second, CloseTimeout: 3 * time.Second}

func TestSilentPeerFitsIntoAShortShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ws := upgrade.Upgrader{Settings: brisk}
		peer := wstest.NewServer(t, ws.Handler(func(flow.Source[message.Message]) flow.Source[message.Message] {
			return flow.Never[message.Message]() // as long as it may
		})).Peer("/")
		defer peer.Cut()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		start := time.Now()
		require.NoError(t, ws.Shutdown(ctx))
		require.Equal(t, 5*time.Second, time.Since(start))
	})
}

// turningAway lets the connections go while the server still listens: who comes meanwhile gets the 503.
func turningAway(ctx context.Context, server *http.Server, ws *upgrade.Upgrader) error {
	return errors.Join(ws.Shutdown(ctx), server.Shutdown(ctx)) // one after the other
}

func TestWhoComesWhileAServerShutsDown(t *testing.T) {
	for name, c := range map[string]struct {
		shutdown func(context.Context, *http.Server, *upgrade.Upgrader) error
		status   int
	}{
		"at the same time": {func(ctx context.Context, s *http.Server, ws *upgrade.Upgrader) error {
			return upgrade.Shutdown(ctx, s, ws)
		}, 0},
		"one after the other": {turningAway, http.StatusServiceUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var ws upgrade.Upgrader
				listener := wire.Listen()
				server := &http.Server{Handler: ws.Handler(func(flow.Source[message.Message]) flow.Source[message.Message] {
					return flow.Never[message.Message]() // for as long as it may
				}), ReadHeaderTimeout: time.Minute}
				go func() { _ = server.Serve(listener) }()
				dialer := upgrade.Dialer{DialContext: listener.DialContext}
				conn, _, err := dialer.Dial(t.Context(), "ws://server/")
				require.NoError(t, err)
				go func() { _ = conn.Run(context.Background(), shout) }()
				synctest.Wait()

				ended := make(chan error, 1)
				go func() { ended <- c.shutdown(t.Context(), server, &ws) }()
				synctest.Wait()
				_, _, err = dialer.Dial(t.Context(), "ws://server/")
				refused, ok := errors.AsType[*upgrade.RefusedError](err)
				require.Equal(t, c.status != 0, ok)
				if ok {
					require.Equal(t, c.status, refused.Status)
				} else {
					require.ErrorIs(t, err, syscall.ECONNREFUSED)
				}
				require.NoError(t, <-ended)
			})
		})
	}
}

var witness = regexp.MustCompile("`([a-z]+)\\.(Test\\w+)`")

func TestTestsOfTheEndingsAreThere(t *testing.T) {
	page, err := os.ReadFile("endings.md")
	require.NoError(t, err)
	all := witness.FindAllStringSubmatch(string(page), -1)
	require.NotEmpty(t, all)
	for _, m := range all {
		dir := map[string]string{"guide": ".", "hub": "../../hub", "upgrade": "../../upgrade"}[m[1]]
		require.NotEmpty(t, dir, m[1])
		require.Contains(t, testsOf(t, dir), "func "+m[2]+"(", "%s has no such test", m[1])
	}
}

// testsOf is the text of a package's tests.
func testsOf(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	require.NoError(t, err)
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		all.Write(text)
	}
	return all.String()
}
