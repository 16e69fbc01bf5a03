package flow

import (
	"context"
	"time"
)

// InitialTimeout passes on every value, with a timer: the stream fails with a *[TimeoutError] when in has given no
// value once d has passed since the start, and has not ended either. It is for peers that have to say who they are. What
// in ends with when it is cancelled does not count, but a panic does. A d of 0 or less panics.
//
//	in              ----------1--2--|
//	InitialTimeout  8
//	out             --------X
func InitialTimeout[T any](in Source[T], d time.Duration) Source[T] {
	mustBePositive("InitialTimeout", d)
	return derive("InitialTimeout", in, func(ctx context.Context, emit func(T) error, end func(error)) {
		startWatched(ctx, in, d, &TimeoutError{"InitialTimeout", d}, emit, end, func(
			ctx context.Context, w *stopwatch, emit func(T) error,
		) func(T) error {
			came := false
			return func(v T) error {
				if !came {
					if !w.done() {
						return context.Cause(ctx)
					}
					came = true
				}
				return emit(v)
			}
		})
	})
}
