package flow

import "context"

// Filter passes on the values for which keep is true.
//
//	in      --1--2--3--4--|
//	Filter  v is even
//	out     -----2-----4--|
func Filter[T any](in Source[T], keep func(T) bool) Source[T] {
	return operator("Filter", in, func(_ context.Context, emit func(T) error, end func(error)) (func(T) error, func(error)) {
		return func(v T) error {
			if !keep(v) {
				return nil
			}
			return emit(v)
		}, end
	})
}
