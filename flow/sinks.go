package flow

import (
	"context"
	"errors"
)

// ToSlice returns a sink whose result is the values of the stream, also those from before an error.
//
//	in       --1--2--3--|
//	ToSlice
//	result   -----------[1 2 3]
func ToSlice[T any]() Sink[T, []T] {
	return newSink("ToSlice", func(ctx context.Context, in Source[T], done func([]T, error)) {
		var values []T
		in.Start(ctx, func(v T) error {
			values = append(values, v)
			return nil
		}, func(err error) { done(values, err) })
	})
}

// Collect runs in to its end and returns its values, also those from before an error. It is [ToSlice] at work.
func Collect[T any](ctx context.Context, in Source[T]) ([]T, error) {
	return ToSlice[T]().Run(ctx, in)
}

// ErrConsumed is what the second run of a one-shot source ends with.
var ErrConsumed = errors.New("flow: one-shot source was run before")
