package upgrade_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// A told peer says when it got its 1001, and which one it is.
type told struct {
	number int
	after  time.Duration
}

// tellsAll shuts down and returns when each of n peers is told, in the order that they are, and what Shutdown returned.
func tellsAll(ctx context.Context, t *testing.T, s *service, n int) ([]told, error) {
	t.Helper()
	server := wstest.NewServer(t, s)
	var peers []*peer
	for range n {
		peers = append(peers, connect(t, server, "/").up())
	}
	began := time.Now()
	down := later(func() error { return s.Shutdown(ctx) })
	tells := make(chan told, n)
	for i, p := range peers {
		go func() {
			f, err := p.next()
			if err != nil || f.Opcode != protocol.OpClose {
				t.Error(f, err)
			}
			tells <- told{i, time.Since(began)}
			p.WriteFrames(f)
		}()
	}
	all := make([]told, n)
	for i := range all {
		all[i] = <-tells
	}
	return all, <-down
}

func TestShutdownSpreadsWhatItTellsEvenly(t *testing.T) {
	for name, test := range map[string]struct {
		spread, deadline time.Duration
		step             time.Duration // between two of ten
	}{
		"at once":                               {0, time.Hour, 0},
		"within the window":                     {10 * time.Second, time.Hour, time.Second},
		"without a deadline":                    {10 * time.Second, 0, time.Second},
		"so that the last ones have a grace":    {time.Minute, 26 * time.Second, 2 * time.Second},
		"at once where there is no time at all": {time.Minute, 6 * time.Second, 0},
		"at once though a window is negative":   {-time.Minute, 6 * time.Second, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := serve(echo, quiet)
				s.ShutdownSpread = test.spread
				ctx := t.Context()
				if test.deadline > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, test.deadline)
					defer cancel()
				}
				all, err := tellsAll(ctx, t, s, 10)
				require.NoError(t, err)
				for i, one := range all {
					require.Equal(t, time.Duration(i)*test.step, one.after, i)
				}
			})
		})
	}
}

func TestShutdownTellsInRandomOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(echo, quiet)
		s.ShutdownSpread = 20 * time.Second
		all, err := tellsAll(t.Context(), t, s, 60)
		require.NoError(t, err)
		require.False(t, slices.IsSortedFunc(all, func(a, b told) int { return a.number - b.number }))
	})
}

func TestConnectionsAreServedUntilTheirTurnComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(echo, quiet)
		s.ShutdownSpread = 10 * time.Second
		server := wstest.NewServer(t, s)
		peers := []*peer{connect(t, server, "/").up(), connect(t, server, "/").up()}
		down := later(func() error { return s.Shutdown(t.Context()) })
		synctest.Wait()
		served := 0
		for _, p := range peers {
			p.text("still there?")
			f, err := p.next()
			require.NoError(t, err)
			if f.Opcode == protocol.OpText {
				served++
				p.expectClose(protocol.CloseGoingAway, "*")
			}
			p.close(protocol.CloseGoingAway, "")
		}
		require.Equal(t, 1, served)
		require.NoError(t, <-down)
	})
}

func TestShutdownWaitsForNoSpreadOnceAllHaveGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(echo, quiet)
		s.ShutdownSpread = time.Hour
		server := wstest.NewServer(t, s)
		peers := []*peer{connect(t, server, "/").up(), connect(t, server, "/").up()}
		began := time.Now()
		down := later(func() error { return s.Shutdown(t.Context()) })
		time.Sleep(time.Second)
		for _, p := range peers {
			p.hangUp()
		}
		require.NoError(t, <-down)
		require.Equal(t, time.Second, time.Since(began))
	})
}

func TestShutdownThatIsCalledOffTellsEverybodyAndCuts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(echo, quiet)
		s.ShutdownSpread = time.Hour
		server := wstest.NewServer(t, s)
		var peers []*peer
		for range 10 {
			peers = append(peers, connect(t, server, "/").up())
		}
		ctx, cancel := context.WithCancel(t.Context())
		began := time.Now()
		down := later(func() error { return s.Shutdown(ctx) })
		time.Sleep(20 * time.Second)
		cancel()
		err := <-down
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, 20*time.Second, time.Since(began))
		for _, p := range peers {
			p.expectClose(protocol.CloseGoingAway, "server shuts down")
			p.expectEOF()
			closed := s.expectEnd(t, protocol.CloseAbnormal, false)
			require.ErrorIs(t, closed, upgrade.ErrShutdown)
		}
	})
}
