package flow

import "context"

// LazySink returns a sink that starts a goroutine at the first value: the sink that f returns begins on it, and gets
// the first value and those after it, each on the goroutine that it comes from. Its result and its error are those of the
// run. f is called once for each run that has a value; if it fails, the stream is stopped, and the run fails with its
// error. A stream without a value has the zero result, and the error that it failed with, if any. The sink may run its
// source once; a second run of it fails with [ErrConsumed].
//
//	in        --1--2--3--|
//	LazySink  f, which is called at 1
//	sink      --1--2--3--|
func LazySink[T, R any](f func(context.Context) (Sink[T, R], error)) Sink[T, R] {
	return newSink("LazySink", func(ctx context.Context, in Source[T], done func(R, error)) {
		var result R
		runLazy(ctx, in, func(ctx context.Context) (Flow[T, R], error) {
			sink, err := f(ctx)
			return sinkFlow[T, R, R](sink, &result), err
		}, nil, func(err error) { done(result, err) })
	})
}
