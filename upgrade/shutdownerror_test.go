package upgrade_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// stubborn is a handler that goes on for so long once its context has ended, or until free is closed.
func stubborn(d time.Duration, free <-chan struct{}) handler {
	return func(in source) source {
		return flow.FromFunc(func(ctx context.Context, _ func(message.Message) error) error {
			<-ctx.Done()
			select {
			case <-time.After(d):
			case <-free:
			}
			return nil
		})
	}
}

func TestShutdownReturnsThoughHandlersIgnoreTheirContexts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		s := serve(stubborn(time.Hour, free), quiet)
		server := wstest.NewServer(t, s)
		old := connect(t, server, "/rooms/a%20b?token=secret").up()
		time.Sleep(2 * time.Second)
		young := connect(t, server, "/rooms/7").up()

		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		began := time.Now()
		err := s.Shutdown(ctx)
		require.Equal(t, 11*time.Second, time.Since(began), "the deadline, and a second for the handlers")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		report, ok := errors.AsType[*upgrade.ShutdownError](err)
		require.True(t, ok)
		require.Equal(t, 2, report.Cut)
		require.Len(t, report.Running, 2)
		require.Equal(t, "/rooms/a b", report.Running[0].Request().URL.Path, "the oldest first")
		from := report.Running[0].RemoteAddr().String()
		time.Sleep(time.Hour - time.Minute)
		require.EqualError(t, err, "upgrade: 2 connections were cut, 2 handlers still run (GET /rooms/a%20b from "+from+", since 13s; "+
			"GET /rooms/7 from "+report.Running[1].RemoteAddr().String()+", since 11s): context deadline exceeded")
		for _, p := range []*peer{old, young} {
			p.expectClose(protocol.CloseGoingAway, "server shuts down")
			p.expectEOF()
		}

		err = s.Shutdown(ctx) // nothing is left to cut
		report, ok = errors.AsType[*upgrade.ShutdownError](err)
		require.True(t, ok, "%v", err)
		require.Zero(t, report.Cut)
		require.Len(t, report.Running, 2)
		require.True(t, strings.HasPrefix(err.Error(), "upgrade: 2 handlers still run (GET "), err.Error())

		close(free)
		<-s.ended
		<-s.ended
		require.NoError(t, s.Shutdown(ctx))
	})
}

func TestHandlerThatReturnsAMomentAfterTheCutIsNotReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(stubborn(999*time.Millisecond, nil), quiet)
		connect(t, wstest.NewServer(t, s), "/").up()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		require.EqualError(t, s.Shutdown(ctx), "upgrade: 1 connection was cut: context deadline exceeded")
		require.Equal(t, 1999*time.Millisecond, time.Since(began))
	})
}

func TestReportNamesFiveHandlers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		s := serve(stubborn(time.Hour, free), quiet)
		server := wstest.NewServer(t, s)
		for range 7 {
			connect(t, server, "/").up()
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := s.Shutdown(ctx)
		require.Equal(t, 5, strings.Count(err.Error(), "GET / from "), err.Error())
		require.Contains(t, err.Error(), "; and 2 more): ")
		close(free)
	})
}

func TestPeerThatTakesNothingIsCutASecondAfterTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		settings := quiet
		settings.WriteTimeout = -1
		conns := make(chan *upgrade.Conn, 1)
		s := serve(silently(conns), settings)
		connect(t, wstest.NewServer(t, s), "/").up()
		c := <-conns
		sent := later(func() error { return c.Send(context.Background(), message.Binary(make([]byte, 1<<20))) })
		synctest.Wait() // the wire is full
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		began := time.Now()
		require.EqualError(t, s.Shutdown(ctx), "upgrade: 1 connection was cut: context deadline exceeded")
		require.Equal(t, 4*time.Second, time.Since(began))
		require.Error(t, <-sent)
		require.ErrorIs(t, s.expectEnd(t, protocol.CloseAbnormal, false), upgrade.ErrShutdown)
	})
}

func TestConnectionThatNobodyServesIsCutAndNotReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := &upgrade.Upgrader{Settings: quiet}
		srv := wstest.NewServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, err := u.Upgrade(w, r)
			require.NoError(t, err)
		}))
		p := connect(t, srv, "/")
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		require.EqualError(t, u.Shutdown(ctx), "upgrade: 1 connection was cut: context deadline exceeded")
		p.expectClose(protocol.CloseGoingAway, "server shuts down")
		p.expectEOF()
	})
}
