package flow

import "context"

// Ignore returns a sink that takes every value and forgets it.
//
//	in      --1--2--3--|
//	Ignore
//	result  -----------{}
func Ignore[T any]() Sink[T, struct{}] {
	return newSink("Ignore", func(ctx context.Context, in Source[T], done func(struct{}, error)) {
		in.Start(ctx, func(T) error { return nil }, func(err error) { done(struct{}{}, err) })
	})
}
