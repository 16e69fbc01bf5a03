package flow

import "context"

// Future emits the value that f returns, and ends; an error of f fails the stream. f is called anew for each run, on the
// goroutine that starts it. It is given the context of the run; its error is not looked at once that is cancelled.
//
//	Future  f takes a while
//	out     --------1|
func Future[T any](f func(context.Context) (T, error)) Source[T] {
	return loopSource("Future", func(ctx context.Context, emit func(T) error) error {
		done := ctx.Done()
		if isClosed(done) {
			return context.Cause(ctx)
		}
		v, err := f(ctx)
		switch {
		case err == nil:
			return emit(v)
		case isClosed(done):
			return context.Cause(ctx)
		default:
			return err
		}
	})
}
