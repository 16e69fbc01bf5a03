package flow

import (
	"context"
	"time"
)

// InitialDelay lets the first value wait until d has passed since the start, and with it all that follow; the others
// pass as they come. in is started at once, and its end is not delayed if it has no value.
//
// To fail later, or to be complete later without a value: [Future] or [FromFunc], with a wait in it.
//
//	in            --1--2--3----------4--|
//	InitialDelay  8
//	out           --------1-2-3------4--|
func InitialDelay[T any](in Source[T], d time.Duration) Source[T] {
	return operator("InitialDelay", in, func(ctx context.Context, emit func(T) error, end func(error)) (func(T) error, func(error)) {
		c := startClock()
		first := true
		return func(v T) error {
			if first {
				first = false
				var rest nap
				if err := rest.wait(ctx, d-c.now()); err != nil {
					return err
				}
			}
			return emit(v)
		}, end
	})
}
