package flow

import (
	"context"
	"errors"
)

// Retry returns a function that calls f, and as long as f fails waits as the settings say and calls it again with the
// same value. It is for [TryMap], where the values after it wait, and for [MapAsync] and its kind, where others go on
// meanwhile. Each value has waits and a count of its own. An error that RestartOn says no to is returned, and so is the
// last one when MaxRestarts are used up. A wait ends at once, with [context.Cause], when the context is done. [ErrSkip] is not
// tried again. Within and OnFailuresOnly do not matter here.
//
//	in      --1--2-----------3--|
//	TryMap  Retry 1s, v => v * 10, the first try at 2 fails
//	out     --10-----1s--20--30--|
func Retry[I, O any](s RestartSettings, f func(context.Context, I) (O, error)) func(context.Context, I) (O, error) {
	s = s.resolved("Retry")
	return func(ctx context.Context, v I) (O, error) {
		b := backoff{RestartSettings: s}
		for {
			out, err := f(ctx, v)
			if err == nil || errors.Is(err, ErrSkip) {
				return out, err
			}
			if ctx.Err() != nil {
				return out, context.Cause(ctx)
			}
			wait, again := b.next(err)
			if !again {
				return out, err
			}
			if !pause(ctx, wait) {
				return out, context.Cause(ctx)
			}
		}
	}
}
