package flow

import "context"

// UnfoldResource emits what read returns of a resource that open returns anew for each run: a file, a cursor. [io.EOF]
// itself, not an error that wraps it, completes the stream; another error of read, or one of open, fails it. After
// each open without an error close is called once, whichever way the run ends: complete, failed, stopped, cancelled or
// with a panic. An error of close fails a stream that was complete; it does not take the place of another error.
//
// The functions are called on the goroutine that starts the run, read each time when the value before is taken.
// What open and read return is not looked at if they fail once the context of the run, which they are given, is
// cancelled.
//
//	UnfoldResource  open, read, close
//	out             --1--2--3--|
func UnfoldResource[R, T any](
	open func(context.Context) (R, error), read func(context.Context, R) (T, error), close func(R) error,
) Source[T] {
	return loopSource("UnfoldResource", func(ctx context.Context, emit func(T) error) (err error) {
		done := ctx.Done()
		if isClosed(done) {
			return context.Cause(ctx)
		}
		resource, err := open(ctx)
		if err != nil {
			if isClosed(done) {
				return context.Cause(ctx)
			}
			return err
		}
		defer func() {
			if failed := close(resource); err == nil {
				err = failed
			}
		}()
		return readAll(ctx, emit, func() (T, error) { return read(ctx, resource) })
	})
}
