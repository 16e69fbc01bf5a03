package flow

import "context"

// WatchTermination passes on in as it is and calls f once in each run, with what the run has ended with: nil if it is
// complete, the error that it failed with, the error with which what follows said stop, the cause of a cancellation, or a
// *[PanicError]. What follows learns of the end when f has returned.
//
//	in                --1--2--3--|
//	WatchTermination
//	f                            nil
//	out               --1--2--3--|
func WatchTermination[T any](in Source[T], f func(error)) Source[T] {
	return derive("WatchTermination", in, func(ctx context.Context, emit func(T) error, end func(error)) {
		called, started := false, false
		defer func() {
			if !started && !called { // what in does to start has panicked
				err := newPanicError(recover())
				f(err)
				panic(err)
			}
		}()
		in.begin(ctx, emit, func(err error) {
			called = true
			Guard(end, func() error {
				f(err)
				return err
			})
		})
		started = true
	})
}
