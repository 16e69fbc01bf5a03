package flow

import "context"

// DropWhile leaves out the first values, as long as drop is true for them, and passes on the rest. After the first
// for which it is not, drop is not asked again.
//
//	in         --1--2--3--1--|
//	DropWhile  v < 3
//	out        --------3--1--|
func DropWhile[T any](in Source[T], drop func(T) bool) Source[T] {
	return operator("DropWhile", in, func(_ context.Context, emit func(T) error, end func(error)) (func(T) error, func(error)) {
		dropping := true
		return func(v T) error {
			dropping = dropping && drop(v)
			if dropping {
				return nil
			}
			return emit(v)
		}, end
	})
}
