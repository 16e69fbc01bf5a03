package flow

import (
	"context"
	"time"
)

// CompletionTimeout passes on every value, with a timer: the stream fails with a *[TimeoutError] when in has not ended
// once d has passed since the start. If a value is being taken just then, the end comes when it is taken. What in
// ends with when it is cancelled does not count, but a panic does. A d of 0 or less panics.
//
//	in                 --1--2--3--4--|
//	CompletionTimeout  10
//	out                --1--2--3-X
func CompletionTimeout[T any](in Source[T], d time.Duration) Source[T] {
	mustBePositive("CompletionTimeout", d)
	return derive("CompletionTimeout", in, func(ctx context.Context, emit func(T) error, end func(error)) {
		startWatched(ctx, in, d, &TimeoutError{"CompletionTimeout", d}, emit, end, untilCancelled)
	})
}

// untilCancelled passes on values until the input has been cancelled.
func untilCancelled[T any](ctx context.Context, _ *stopwatch, emit func(T) error) func(T) error {
	return func(v T) error {
		if ctx.Err() != nil { // of a context that is cancelled itself, it costs less than a look at its channel
			return context.Cause(ctx)
		}
		return emit(v)
	}
}
