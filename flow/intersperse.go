package flow

import "context"

// Intersperse passes on every value, and sep between each two of them: before every value but the first. What
// comes before and after all of them is put there with [Concat].
//
//	in           --1----2----3--|
//	Intersperse  0
//	out          --1----02---03-|
func Intersperse[T any](in Source[T], sep T) Source[T] {
	return operator("Intersperse", in, func(ctx context.Context, emit func(T) error, end func(error)) (func(T) error, func(error)) {
		life := lifeOf(ctx)
		between := false
		return func(v T) error {
			if !between {
				between = true
				return emit(v)
			}
			if err := emit(sep); err != nil {
				return err
			}
			if life.Err() != nil {
				return context.Cause(ctx)
			}
			return emit(v)
		}, end
	})
}
