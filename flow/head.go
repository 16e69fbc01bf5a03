package flow

import (
	"context"
	"errors"
)

// ErrEmpty is what [Head], [Last], [Reduce] and [Cycle] fail with when the stream had no value.
var ErrEmpty = errors.New("flow: empty stream")

// Head returns a sink whose result is the first value, at which it stops the stream. It fails with [ErrEmpty] if the
// stream is complete without one.
//
//	in      --1--2--3--|
//	Head
//	result  --1
func Head[T any]() Sink[T, T] {
	return newSink("Head", func(ctx context.Context, in Source[T], done func(T, error)) {
		var head T
		stop := errors.New("flow: head taken")
		found := false
		in.Start(ctx, func(v T) error {
			head, found = v, true
			return stop
		}, unless(stop, func(err error) {
			if err == nil && !found {
				err = ErrEmpty
			}
			done(head, err)
		}))
	})
}
