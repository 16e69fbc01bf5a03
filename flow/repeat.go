package flow

import "context"

// Repeat emits v again and again, as fast as it is taken, until it is stopped or cancelled.
//
//	Repeat  1
//	out     --1--1--1--1--1…
func Repeat[T any](v T) Source[T] {
	return loopSource("Repeat", func(ctx context.Context, emit func(T) error) error {
		life := lifeOf(ctx)
		for {
			if life.Err() != nil {
				return context.Cause(ctx)
			}
			if err := emit(v); err != nil {
				return err
			}
		}
	})
}
