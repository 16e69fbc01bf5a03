package flow

import "context"

// DoOnFirst passes on every value, and calls f with the first one before it does. f is not called if the stream ends
// without a value.
//
//	in         -----1--2--3--|
//	DoOnFirst  f
//	f          -----1
//	out        -----1--2--3--|
func DoOnFirst[T any](in Source[T], f func(T)) Source[T] {
	return operator("DoOnFirst", in, func(_ context.Context, emit func(T) error, end func(error)) (func(T) error, func(error)) {
		seen := false
		return func(v T) error {
			if !seen {
				seen = true
				f(v)
			}
			return emit(v)
		}, end
	})
}
