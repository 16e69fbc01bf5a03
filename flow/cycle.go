package flow

import "context"

// Cycle runs in again each time that it is complete, and emits the values of all runs. It goes on until it is stopped
// or cancelled, or in fails. A run of in that is complete without a value fails the stream with [ErrEmpty], since the
// next ones would spin. With an in that is one-shot, the stream fails with what its second run does.
//
//	in      --1--2--|
//	Cycle
//	out     --1--2----1--2----1--2--…
func Cycle[T any](in Source[T]) Source[T] {
	return derive("Cycle", in, func(ctx context.Context, emit func(T) error, end func(error)) {
		c := &concat[T]{ctx: ctx, end: end}
		some := true
		c.emit = func(v T) error {
			some = true
			return emit(v)
		}
		// Concat's loop, which finds the same source before it each time.
		again := make([]Source[T], 1)
		again[0].start = func(ctx context.Context, emit func(T) error, end func(error)) {
			switch {
			case isClosed(ctx.Done()):
				end(context.Cause(ctx))
			case !some:
				end(ErrEmpty)
			default:
				some = false
				c.rest = again
				in.begin(ctx, emit, end)
			}
		}
		c.rest = again
		c.loop()
	})
}
