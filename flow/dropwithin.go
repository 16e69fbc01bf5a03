package flow

import (
	"context"
	"time"
)

// DropWithin drops the values that come until d has passed since the start, and passes on the rest.
//
//	in          --1--2--3--4--|
//	DropWithin  7
//	out         --------3--4--|
func DropWithin[T any](in Source[T], d time.Duration) Source[T] {
	return operator("DropWithin", in, func(_ context.Context, emit func(T) error, end func(error)) (func(T) error, func(error)) {
		c := startClock()
		over := false
		return func(v T) error {
			if !over {
				if c.now() < d {
					return nil
				}
				over = true // the clock need not be asked again
			}
			return emit(v)
		}, end
	})
}
