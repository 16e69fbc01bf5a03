package upgrade

import (
	"context"
	"slices"
	"time"

	"github.com/wsflow/wsflow/flow"
)

// RoundTripTime returns the time that the last ping took, the user's or the connection's own, or 0
// if there is none yet.
func (c *Conn) RoundTripTime() time.Duration {
	c.keepAlive.mu.Lock()
	defer c.keepAlive.mu.Unlock()
	return c.rtt
}

// RoundTripTimes returns the round-trip times of pings, the user's and the connection's own, as their pongs come. Each run
// of it gets those from then on, and completes when the connection is over. It keeps nobody waiting: of times that are
// not taken, the last 16 are kept.
func (c *Conn) RoundTripTimes() flow.Source[time.Duration] {
	return flow.NewSource("RoundTripTimes", func(ctx context.Context, emit func(time.Duration) error, end func(error)) {
		q := flow.NewQueueWith[time.Duration](maxPings, flow.DropOldest)
		c.keepAlive.addWatcher(q)
		stop := context.AfterFunc(c.gone, q.Close)
		q.Source().Start(ctx, emit, func(err error) {
			stop()
			c.keepAlive.removeWatcher(q)
			end(err)
		})
	})
}

func (k *keepAlive) addWatcher(q *flow.Queue[time.Duration]) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.watchers = append(k.watchers, q)
}

func (k *keepAlive) removeWatcher(q *flow.Queue[time.Duration]) {
	k.mu.Lock()
	defer k.mu.Unlock()
	i := slices.Index(k.watchers, q)
	if k.watchers = slices.Delete(k.watchers, i, i+1); len(k.watchers) == 0 {
		k.watchers = nil
	}
}
