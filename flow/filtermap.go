package flow

import "context"

// FilterMap passes on the first result of f of every value for which the second is true. It is [Filter] and [Map]
// in one, for where the test and the result come from the same work: a type assertion, a look into a map.
//
//	in         --1--2--3--4--|
//	FilterMap  v => v * 10, v is even
//	out        -----20----40-|
func FilterMap[I, O any](in Source[I], f func(I) (O, bool)) Source[O] {
	return operator("FilterMap", in, func(_ context.Context, emit func(O) error, end func(error)) (func(I) error, func(error)) {
		return func(v I) error {
			out, ok := f(v)
			if !ok {
				return nil
			}
			return emit(out)
		}, end
	})
}
