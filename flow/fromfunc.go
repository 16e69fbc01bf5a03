package flow

import "context"

// FromFunc makes a source of a loop, which runs on a goroutine of its own: f hands each value to emit and
// returns when the stream has ended, with nil or with the error that it failed with. When emit returns an
// error, f returns; the stream ends with that error whatever f returns. When ctx is done, f
// returns, and the stream ends with [context.Cause] of ctx whatever error f returns then. f does not call emit from two goroutines at once, nor after it has returned.
//
// It is the simplest way to write a source, and with [Source.Run] inside also an operator of one's own;
// [Source.Named] gives it a name.
//
//	FromFunc  emit(1), emit(2), return nil
//	out       1-2-|
func FromFunc[T any](f func(ctx context.Context, emit func(T) error) error) Source[T] {
	// f may run a source inside that emits from other goroutines, so it is a task and not part of the start.
	return NewSource("FromFunc", func(ctx context.Context, emit func(T) error, end func(error)) {
		Go(ctx, func() {
			var stop error
			once := func(v T) error {
				if stop == nil {
					stop = emit(v)
				}
				return stop
			}
			Guard(func(err error) {
				_, panicked := err.(*PanicError)
				switch {
				case panicked:
				case stop != nil:
					err = stop
				case err != nil:
					err = causeOr(ctx, err)
				}
				end(err)
			}, func() error { return f(ctx, once) })
		})
	})
}

// loopSource is FromFunc for an f that emits on its own goroutine only: it runs inside the start.
func loopSource[T any](name string, f func(ctx context.Context, emit func(T) error) error) Source[T] {
	return NewSource(name, func(ctx context.Context, emit func(T) error, end func(error)) {
		Guard(end, func() error { return f(ctx, emit) })
	})
}

// causeOr returns what a stream ends with when a function that was given ctx has failed with err: once the run is
// cancelled, what the function says to that does not count.
func causeOr(ctx context.Context, err error) error {
	if isClosed(ctx.Done()) {
		return context.Cause(ctx)
	}
	return err
}
