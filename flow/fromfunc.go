package flow

import "context"

// FromFunc makes a source of a loop: f hands each value to emit and returns when the stream has ended, with nil
// or with the error that it failed with. When emit returns an error, f returns it; when ctx is done, f
// returns [context.Cause] of ctx. f does not call emit from two goroutines at once, nor after it has returned.
//
// It is the simplest way to write a source, and with [Source.Run] inside also an operator of one's own.
func FromFunc[T any](f func(ctx context.Context, emit func(T) error) error) Source[T] {
	// A task, for what f runs inside may emit from another goroutine, which is not allowed before start has returned.
	return NewSource("FromFunc", func(ctx context.Context, emit func(T) error, end func(error)) {
		Go(ctx, func() {
			Guard(end, func() error { return f(ctx, emit) })
		})
	})
}

// fromFunc is FromFunc for an f that emits on its own goroutine only: it runs inside start.

func fromFunc[T any](name string, f func(ctx context.Context, emit func(T) error) error) Source[T] {
	return NewSource(name, func(ctx context.Context, emit func(T) error, end func(error)) {
		Guard(end, func() error { return f(ctx, emit) })
	})
}
