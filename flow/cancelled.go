package flow

import (
	"context"
	"errors"
)

// Cancelled returns a sink that wants no value: it stops the stream before the first one, and succeeds. The source is
// started all the same, with a context that is cancelled already, so that it gives back what it holds.
//
//	in         --1--2--3--|
//	Cancelled
//	result     {}
func Cancelled[T any]() Sink[T, struct{}] {
	return newSink("Cancelled", func(ctx context.Context, in Source[T], done func(struct{}, error)) {
		stop := errors.New("flow: no value wanted")
		ctx, cancel := context.WithCancelCause(ctx)
		cancel(stop)
		in.Start(ctx, func(T) error { return stop }, unless(stop, func(err error) { done(struct{}{}, err) }))
	})
}
