package flow

import (
	"context"
	"iter"
)

// FromSeq emits what seq yields. Every run ranges over seq anew, on the goroutine that starts it. A
// run that is cancelled while seq works on its next value ends when seq yields it.
//
//	FromSeq  slices.Values([]int{1, 2, 3})
//	out      --1--2--3--|
func FromSeq[T any](seq iter.Seq[T]) Source[T] {
	return loopSource("FromSeq", func(ctx context.Context, emit func(T) error) error {
		life := lifeOf(ctx)
		if life.Err() != nil {
			return context.Cause(ctx)
		}
		for v := range seq {
			if life.Err() != nil {
				return context.Cause(ctx)
			}
			if err := emit(v); err != nil {
				return err
			}
		}
		return nil
	})
}
