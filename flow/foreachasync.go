package flow

import (
	"context"
	"errors"
)

// ForEachAsync returns a sink that starts goroutines, as [MapAsyncUnordered] does: it calls f with every value and the context of the
// run, with up to parallelism calls at work at the same time; more have to wait. They end in any order. The first error
// of f cancels the other calls through their context, and stops the stream, and the run ends with it. If the stream fails,
// the calls that are at work go on to their ends, and the run ends with its error, unless one of theirs came before. The run ends when
// all calls have returned. A parallelism of less than 1 panics.
//
//	in            --1--2--3--|
//	ForEachAsync  2, 1 is slow
//	f             --1========
//	              -----2==3===|
func ForEachAsync[T any](parallelism int, f func(context.Context, T) error) Sink[T, struct{}] {
	if parallelism < 1 {
		panic("flow: ForEachAsync with a parallelism of less than 1")
	}
	return newSink("ForEachAsync", func(ctx context.Context, in Source[T], done func(struct{}, error)) {
		// ErrSkip for each that is done: then there are no results to hand over.
		calls := MapAsyncUnordered(in, parallelism, func(ctx context.Context, v T) (struct{}, error) {
			err := f(ctx, v)
			switch err {
			case nil:
				err = ErrSkip
			case ErrSkip:
				err = errSkipped
			}
			return struct{}{}, err
		})
		calls.Start(ctx, func(struct{}) error { return nil }, func(err error) {
			if err == errSkipped {
				err = ErrSkip
			}
			done(struct{}{}, err)
		})
	})
}

// errSkipped stands for an ErrSkip of the user's, which is an error like others where there is nothing to skip.
var errSkipped = errors.New("flow: value skipped by a sink")
