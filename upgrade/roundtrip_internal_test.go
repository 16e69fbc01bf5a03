package upgrade

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
)

func TestRunOfRoundTripTimesLeavesNothingOnItsConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nc, other := net.Pipe()
		defer func() { _ = other.Close() }()
		set := Settings{PingInterval: -1}.withDefaults()
		c := newConn(nc, protocol.Server, &set, agreed{}, nil)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 3)
		for range 3 {
			go func() {
				ended <- c.RoundTripTimes().Run(ctx, func(time.Duration) error { return nil })
			}()
		}
		synctest.Wait()
		require.Len(t, c.watchers, 3)
		cancel()
		for range 3 {
			require.ErrorIs(t, <-ended, context.Canceled)
		}
		require.Empty(t, c.watchers)
		_ = c.drop("", nil)
	})
}
