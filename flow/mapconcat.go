package flow

import "context"

// MapConcat passes on the elements of f of every value. The slice that f returns is read until the
// last of its elements is taken; then f may use its memory again.
//
//	in         --1----2-------3--|
//	MapConcat  v => v times v
//	out        --1----2-2-----3-3-3--|
func MapConcat[I, O any](in Source[I], f func(I) []O) Source[O] {
	return operator("MapConcat", in, func(ctx context.Context, emit func(O) error, end func(error)) (func(I) error, func(error)) {
		life := lifeOf(ctx)
		return func(v I) error {
			for i, out := range f(v) {
				if i > 0 && life.Err() != nil {
					return context.Cause(ctx)
				}
				if err := emit(out); err != nil {
					return err
				}
			}
			return nil
		}, end
	})
}
