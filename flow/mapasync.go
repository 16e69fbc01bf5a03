package flow

import "context"

// MapAsync starts goroutines, up to parallelism and two: it passes on f of every value, in the order of in, with up to
// parallelism calls of f at work at the same time. A result that is there early waits for those before it, and counts
// as a call for so long. The first error in that order, of f or of in, ends the stream once the results before it have passed;
// calls that are still at work then are cancelled through their context and waited for. [ErrSkip] leaves a value
// out. A parallelism of less than 1 panics.
//
//	in        --1--2--3--------|
//	MapAsync  2, v => v * 10, 1 is slow
//	out       --------10-20--30|
func MapAsync[I, O any](in Source[I], parallelism int, f func(context.Context, I) (O, error)) Source[O] {
	if parallelism < 1 {
		panic("flow: MapAsync with a parallelism of less than 1")
	}
	plan := workersPlan[struct{}, I, O]{
		f:       func(ctx context.Context, _ struct{}, v I) (O, error) { return f(ctx, v) },
		ordered: true, parallelism: parallelism, window: parallelism, low: parallelism - 1,
	}
	return derive("MapAsync", in, func(ctx context.Context, emit func(O) error, end func(error)) {
		Go(ctx, func() { runWorkers(ctx, in, plan, emit, end) })
	})
}
