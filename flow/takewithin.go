package flow

import (
	"context"
	"errors"
	"time"
)

// TakeWithin passes on the values that come until d has passed since the start, with a timer: then the stream is
// complete, also while in is silent. If a value is being taken just then, the end comes when it is taken. What in
// ends with when it is cancelled does not count, but a panic does. With a d of 0 or less, in is not started.
//
//	in          --1--2--3--4--|
//	TakeWithin  10
//	out         --1--2--3-|
func TakeWithin[T any](in Source[T], d time.Duration) Source[T] {
	return derive("TakeWithin", in, func(ctx context.Context, emit func(T) error, end func(error)) {
		if d <= 0 {
			end(nil)
			return
		}
		stop := errors.New("flow: time is up")
		startWatched(ctx, in, d, stop, emit, unless(stop, end), untilCancelled)
	})
}
