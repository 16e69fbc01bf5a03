package flow

import "context"

// MapAsyncUnordered starts goroutines, up to parallelism and two: it passes on f of every value, as soon as it is there,
// with up to parallelism calls of f at work at the same time. 16 values, or twice parallelism if that is more, may be
// under way from the time they are taken from in until they pass on. An error of f ends the stream once the results
// that were there before it have passed; calls that are still at work then are cancelled through their context and
// waited for. An error of in ends it once all results have passed. [ErrSkip] leaves a value out. A parallelism of less
// than 1 panics.
//
//	in                 --1--2--3--------|
//	MapAsyncUnordered  2, v => v * 10, 1 is slow
//	out                -----20-10-30----|
func MapAsyncUnordered[I, O any](in Source[I], parallelism int, f func(context.Context, I) (O, error)) Source[O] {
	if parallelism < 1 {
		panic("flow: MapAsyncUnordered with a parallelism of less than 1")
	}
	plan := workersPlan[struct{}, I, O]{
		f: func(ctx context.Context, _ struct{}, v I) (O, error) { return f(ctx, v) },
	}
	return mapWorkers("MapAsyncUnordered", in, parallelism, plan)
}
