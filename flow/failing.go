package flow

import "context"

// A failing tells what the input of a run has failed with itself from all else that a run ends with: an error of
// emit, a cancellation, a panic. Only the first may be recovered from.
type failing[T any] struct {
	ctx  context.Context
	emit func(T) error
	stop error // emit's
}

// pass is the input's emit.
func (f *failing[T]) pass(v T) error {
	err := f.emit(v)
	if err != nil {
		f.stop = err
	}
	return err
}

// failed reports whether err, which the input has ended with, is a failure of its own.
func (f *failing[T]) failed(err error) bool {
	if err == nil || f.stop != nil || f.ctx.Err() != nil {
		return false
	}
	_, panicked := err.(*PanicError) // what wraps one has been handled as an error
	return !panicked
}

// onFailure makes an operator that passes on all values of in, and calls recovered if it has failed: the stream ends with what that
// returns.
func onFailure[T any](name string, in Source[T], recovered func(err error, emit func(T) error) error) Source[T] {
	return operator(name, in, func(ctx context.Context, emit func(T) error, end func(error)) (func(T) error, func(error)) {
		f := &failing[T]{ctx: ctx, emit: emit}
		return f.pass, func(err error) {
			if !f.failed(err) {
				end(err)
				return
			}
			Guard(end, func() error { return recovered(err, emit) })
		}
	})
}
