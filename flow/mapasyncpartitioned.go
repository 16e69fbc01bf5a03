package flow

import (
	"context"
	"math"
)

// MapAsyncPartitioned starts goroutines, up to parallelism and two: it passes on f of every value, in the order of in, with up to
// parallelism calls of f at work at the same time, but no more than one for each key, in the order of its values. So a
// function that reads and writes what belongs to a key (an account, a room) needs no lock. key is called as the values come, one at
// a time.
//
// A value whose key is busy lets those behind it go first, but no more than 16 values, or twice parallelism if that is
// more, are under way from the time they are taken from in until they pass on. Errors are as in [MapAsync]. A parallelism
// of less than 1 panics.
//
//	in                   --a1--a2--b1-----------|
//	MapAsyncPartitioned  2, its letter, v => v again, a1 is slow
//	out                  --------------a1a1--a2a2--b1b1|
func MapAsyncPartitioned[K comparable, I, O any](
	in Source[I], parallelism int, key func(I) K, f func(context.Context, K, I) (O, error),
) Source[O] {
	return mapPartitioned("MapAsyncPartitioned", in, parallelism, workersPlan[K, I, O]{f: f, key: key, ordered: true})
}

// MapAsyncPartitionedUnordered is [MapAsyncPartitioned], which starts goroutines, without waiting for the results of other
// keys: the results of one key are in the order of its values, those of different keys come as they are there. Errors are as in
// [MapAsyncUnordered].
//
//	in                            --a1--a2--b1-----------|
//	MapAsyncPartitionedUnordered  2, its letter, v => v again, a1 is slow
//	out                           ------------b1b1--a1a1--a2a2|
func MapAsyncPartitionedUnordered[K comparable, I, O any](
	in Source[I], parallelism int, key func(I) K, f func(context.Context, K, I) (O, error),
) Source[O] {
	return mapPartitioned("MapAsyncPartitionedUnordered", in, parallelism, workersPlan[K, I, O]{f: f, key: key})
}

func mapPartitioned[K comparable, I, O any](name string, in Source[I], parallelism int, plan workersPlan[K, I, O]) Source[O] {
	if parallelism < 1 {
		panic("flow: " + name + " with a parallelism of less than 1")
	}
	if plan.key == nil {
		panic("flow: " + name + " without a function for keys")
	}
	return mapWorkers(name, in, parallelism, plan)
}

// mapWorkers lets more values be under way than there are calls, so that workers find some without waiting for
// the input, and wakes it for several of them at once: a switch of goroutines for each would cost more than all the rest.
func mapWorkers[K comparable, I, O any](name string, in Source[I], parallelism int, plan workersPlan[K, I, O]) Source[O] {
	plan.parallelism = parallelism
	plan.window = max(2*min(parallelism, math.MaxInt/2), parallelism, asyncBuffer)
	plan.low = plan.window - (plan.window-parallelism)/2
	return derive(name, in, func(ctx context.Context, emit func(O) error, end func(error)) {
		Go(ctx, func() { runWorkers(ctx, in, plan, emit, end) })
	})
}
