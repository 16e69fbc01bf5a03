package flow

import (
	"context"
	"io"
)

// Unfold emits values that are made one after the other: f is given the state, which is seed at first, and returns
// the next value and the state after it. [io.EOF] itself, not an error that wraps it, completes the stream without a
// value; another error fails it. f is called on the goroutine that starts the run, each time when the value before is
// taken. It is given the context of the run; what it returns is not looked at if it fails once that is cancelled.
// Every run starts with the same seed.
//
//	Unfold  1, n => (n, 2n), EOF if n > 8
//	out     --1--2--4--8--|
func Unfold[S, T any](seed S, f func(context.Context, S) (T, S, error)) Source[T] {
	return loopSource("Unfold", func(ctx context.Context, emit func(T) error) error {
		state := seed
		return readAll(ctx, emit, func() (v T, err error) {
			v, state, err = f(ctx, state)
			return v, err
		})
	})
}

// readAll emits what read returns, until that is an error.
func readAll[T any](ctx context.Context, emit func(T) error, read func() (T, error)) error {
	life := lifeOf(ctx)
	for {
		if life.Err() != nil {
			return context.Cause(ctx)
		}
		v, err := read()
		switch {
		case err == nil:
		case life.Err() != nil:
			return context.Cause(ctx)
		case err == io.EOF: // exactly, as for an io.Reader
			return nil
		default:
			return err
		}
		if err := emit(v); err != nil {
			return err
		}
	}
}
