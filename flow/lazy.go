package flow

import "context"

// Lazy is the source that f returns, which is called anew for each run, when it starts and on the goroutine that
// starts it. An error of f fails the stream. f is given the context of the run; its error is not looked at once that is
// cancelled.
//
//	Lazy    f returns Of(1, 2)
//	out     --1--2--|
func Lazy[T any](f func(context.Context) (Source[T], error)) Source[T] {
	return NewSource("Lazy", func(ctx context.Context, emit func(T) error, end func(error)) {
		var s Source[T]
		if makes(end, func() (err error) {
			if isClosed(ctx.Done()) {
				return context.Cause(ctx)
			}
			s, err = f(ctx)
			if err != nil && isClosed(ctx.Done()) {
				err = context.Cause(ctx)
			}
			return err
		}) {
			s.begin(ctx, emit, end)
		}
	})
}

// makes calls f, which makes what an operator needs to go on. If f fails, end is called with its error, and the result
// is false. A panic is a failure; runtime.Goexit too, after which makes does not return.
func makes(end func(error), f func() error) (made bool) {
	Guard(func(err error) {
		if err != nil {
			end(err)
			return
		}
		made = true
	}, f)
	return made
}
