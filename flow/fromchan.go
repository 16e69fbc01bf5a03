package flow

import (
	"context"
	"sync/atomic"
)

// FromChan emits what is received from c, and ends when c is closed. It is one-shot: a second run ends
// with [ErrConsumed]. A run that is stopped or cancelled leaves the other values in c; who sends
// to c has to notice by other means that nobody receives any more. A [Queue] tells.
//
//	c         --1--2----3--(closed)
//	FromChan
//	out       --1--2----3--|
func FromChan[T any](c <-chan T) Source[T] {
	var consumed atomic.Bool
	return loopSource("FromChan", func(ctx context.Context, emit func(T) error) error {
		if consumed.Swap(true) {
			return ErrConsumed
		}
		done := ctx.Done()
		for {
			if isClosed(done) {
				return context.Cause(ctx)
			}
			select {
			case <-done:
				return context.Cause(ctx)
			case v, ok := <-c:
				if !ok {
					return nil
				}
				if err := emit(v); err != nil {
					return err
				}
			}
		}
	})
}
