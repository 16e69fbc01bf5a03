package flow

import (
	"context"
	"errors"
)

// Take passes on the first n values of in and then ends the stream. With n of 0 or less,
// in is not started.
//
//	in      --1--2--3--4--|
//	Take    2
//	out     --1--2|
func Take[T any](in Source[T], n int) Source[T] {
	return derive("Take", in, func(ctx context.Context, emit func(T) error, end func(error)) {
		if n <= 0 {
			end(nil)
			return
		}
		stop := errors.New("flow: enough taken")
		left := n
		next := func(v T) error {
			left--
			if err := emit(v); err != nil {
				return err
			}
			if left == 0 {
				return stop
			}
			return nil
		}
		in.begin(ctx, next, unless(stop, end))
	})
}
