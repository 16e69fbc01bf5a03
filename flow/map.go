package flow

import "context"

// Map passes on f of every value.
//
//	in      --1---2---3--|
//	Map     v => v * 10
//	out     --10--20--30-|
func Map[I, O any](in Source[I], f func(I) O) Source[O] {
	return operator("Map", in, func(_ context.Context, emit func(O) error, end func(error)) (func(I) error, func(error)) {
		return func(v I) error { return emit(f(v)) }, end
	})
}
