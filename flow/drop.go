package flow

import "context"

// Drop leaves out the first n values of in and passes on the rest.
//
//	in      --1--2--3--4--|
//	Drop    2
//	out     --------3--4--|
func Drop[T any](in Source[T], n int) Source[T] {
	return operator("Drop", in, func(_ context.Context, emit func(T) error, end func(error)) (func(T) error, func(error)) {
		left := n
		return func(v T) error {
			if left > 0 {
				left--
				return nil
			}
			return emit(v)
		}, end
	})
}
