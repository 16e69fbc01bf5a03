package flow

import (
	"context"
	"time"
)

// Tick emits the time, once every interval, the first time after one interval, until it is stopped. When what
// follows takes longer than an interval, the ticks that it missed are skipped, but for one. An interval of 0 or
// less panics.
//
//	Tick    1s
//	out     ------1s------2s------3s…
func Tick(interval time.Duration) Source[time.Time] {
	if interval <= 0 {
		panic("flow: Tick with an interval that is not positive")
	}
	return loopSource("Tick", func(ctx context.Context, emit func(time.Time) error) error {
		ticker := time.NewTicker(interval)
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
