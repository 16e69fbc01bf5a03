package flow

import "context"

// apart runs in on a goroutine of its own, while pass, on the calling goroutine, hands on what comes of it.
// ctx is cancelled with cancel, and so is in, when pass returns an error. Once both have ended, cleanup
// is called and then end, with what pass returned, or the panic of in. take and closed are what in is started with.
func apart[I any](
	ctx context.Context, cancel context.CancelCauseFunc, in Source[I],
	take func(I) error, closed func(error), pass func() error, cleanup func(), end func(error),
) {
	ended := make(chan struct{})
	var inErr error
	go in.Start(ctx, take, func(err error) {
		inErr = err
		closed(err)
		close(ended)
	})
	Guard(func(err error) {
		cancel(err)
		<-ended
		cleanUp(orPanic(err, inErr), cleanup, end)
	}, pass)
}

// emitOr calls emit, and calls stop with its error. A panic becomes the error here already, and not only where
// the source was entered, so that stop is called before anything else happens.
func emitOr[T any](stop func(error), emit func(T) error, v T) (err error) {
	returned := false
	defer func() {
		if !returned {
			err = newPanicError(recover())
		}
		if err != nil {
			stop(err)
		}
	}()
	err = emit(v)
	returned = true
	return err
}
