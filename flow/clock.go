package flow

import (
	"context"
	"time"
)

// A clock tells how much time has passed since it was started. Reading it is cheaper than time.Now, and it does not
// jump when the wall clock is set.
type clock struct{ start time.Time }

func startClock() clock { return clock{time.Now()} }

func (c clock) now() time.Duration { return time.Since(c.start) }

// A nap is a wait inside a call of emit, again and again with the same timer. The zero nap is ready.
type nap struct{ timer *time.Timer }

// wait returns when d has passed, or with context.Cause when ctx is done.
func (p *nap) wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	if p.timer == nil {
		p.timer = time.NewTimer(d)
	} else {
		p.timer.Reset(d)
	}
	select {
	case <-p.timer.C:
		return nil
	case <-ctx.Done():
		p.timer.Stop()
		return context.Cause(ctx)
	}
}
