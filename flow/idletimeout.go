package flow

import (
	"context"
	"time"
)

// IdleTimeout passes on every value, with a timer: the stream fails with a *[TimeoutError] when in gives nothing for d, be
// it before its first value or after any other. The time in which a value is being taken is not in's fault and does not
// count. What in is waiting in is cancelled through its context; what in ends with then does not
// count, but a panic does. A d of 0 or less panics.
//
//	in           --1--2--3-----------------4--|
//	IdleTimeout  8
//	out          --1--2--3-------X
func IdleTimeout[T any](in Source[T], d time.Duration) Source[T] {
	mustBePositive("IdleTimeout", d)
	return derive("IdleTimeout", in, func(ctx context.Context, emit func(T) error, end func(error)) {
		startWatched(ctx, in, d, &TimeoutError{"IdleTimeout", d}, emit, end, func(
			ctx context.Context, w *stopwatch, emit func(T) error,
		) func(T) error {
			return func(v T) error {
				if !w.done() {
					return context.Cause(ctx)
				}
				if err := emit(v); err != nil {
					return err
				}
				w.begin()
				return nil
			}
		})
	})
}
