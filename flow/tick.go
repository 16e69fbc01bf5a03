package flow

import (
	"context"
	"time"
)

// Tick emits the time, once every d, the first time after one d, until it is stopped. When what
// follows takes longer than d, the ticks that it missed are skipped, but for one. A d of 0 or less
// panics.
//
//	Tick    1s
//	out     ------1s------2s------3s…
func Tick(d time.Duration) Source[time.Time] {
	mustBePositive("Tick", d)
	return loopSource("Tick", func(ctx context.Context, emit func(time.Time) error) error {
		ticker := time.NewTicker(d)
		defer ticker.Stop()
		done := ctx.Done()
		for {
			select {
			case <-done:
				return context.Cause(ctx)
			case now := <-ticker.C:
				if isClosed(done) {
					return context.Cause(ctx)
				}
				if err := emit(now); err != nil {
					return err
				}
			}
		}
	})
}
