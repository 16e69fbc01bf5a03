package stress

import (
	"context"
	"iter"
	"math/rand/v2"
	"time"

	"github.com/wsflow/wsflow/flow"
)

// apartStages work at the same time as their input.
var apartStages = []stage{
	same("Async", flow.Async[int]),
	same("MapAsync", func(in ints) ints { return flow.MapAsync(in, 2, takingTime) }),
	same("MapAsyncPartitioned", func(in ints) ints {
		return flow.MapAsyncPartitioned(in, 3, func(v int) int { return v % 2 }, func(ctx context.Context, _, v int) (int, error) {
			return takingTime(ctx, v)
		})
	}),
	shuffled("MapAsyncUnordered", func(in ints) ints { return flow.MapAsyncUnordered(in, 3, takingTime) }),
	shuffled("MapAsyncPartitionedUnordered", func(in ints) ints {
		return flow.MapAsyncPartitionedUnordered(in, 3, func(v int) int { return v % 3 }, func(ctx context.Context, _, v int) (int, error) {
			return takingTime(ctx, v)
		})
	}),
	each("MapAsync with ErrSkip", func(in ints) ints {
		return flow.MapAsync(in, 2, func(ctx context.Context, v int) (int, error) {
			if !even(v) {
				return 0, flow.ErrSkip
			}
			return takingTime(ctx, v)
		})
	}, ifEven),
	{"Buffer", func(r *rand.Rand, in graph) graph {
		n, s := 1+r.IntN(3), flow.OverflowStrategy(r.IntN(5))
		return graph{flow.Buffer(in.source, n, s), overflowing(in.model, s)}
	}},
	{"Delay", func(r *rand.Rand, in graph) graph {
		n, s := 1+r.IntN(3), flow.OverflowStrategy(r.IntN(5))
		return graph{flow.Delay(in.source, 2*time.Millisecond, n, s), overflowing(in.model, s)}
	}},
	summed("Conflate", func(in ints) ints { return flow.Conflate(in, plus) }),
	summed("ConflateWithSeed", func(in ints) ints { return flow.ConflateWithSeed(in, next, plus) }),
	summed("Batch", func(in ints) ints { return flow.Batch(in, 3, next, plus) }),
	summed("BatchWeighted", func(in ints) ints { return flow.BatchWeighted(in, 3, func(int) int { return 1 }, next, plus) }),
	summed("Expand", func(in ints) ints { return flow.Expand(in, repeatedly) }),
	summed("Extrapolate", func(in ints) ints { return flow.Extrapolate(in, repeatedly) }),
}

// takingTime returns v after a time that depends on it.
func takingTime(ctx context.Context, v int) (int, error) {
	if v%3 != 0 {
		return v, nil
	}
	select {
	case <-time.After(time.Duration(v%5) * time.Millisecond):
		return v, nil
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}

func overflowing(m stream, s flow.OverflowStrategy) stream {
	switch s {
	case flow.Backpressure:
		return m
	case flow.FailOnOverflow:
		return m.weaken(some).with(flow.ErrOverflow)
	default:
		return m.weaken(some)
	}
}

// shuffled is a stage whose values are those of its input in some order. An error comes after values that were there before
// it, in the order of results.
func shuffled(name string, f flow.Flow[int, int]) stage {
	return stage{name, func(_ *rand.Rand, in graph) graph {
		m := in.model.weaken(unordered)
		if m.fails() {
			m = m.weaken(some)
		}
		return graph{f(in.source), m}
	}}
}

// summed is a stage whose values depend on who is how fast.
func summed(name string, f flow.Flow[int, int]) stage {
	return stage{name, func(_ *rand.Rand, in graph) graph { return graph{f(in.source), in.model.weaken(unknown)} }}
}

func plus(a, b int) int { return a + b }

// repeatedly yields v ten times, each a little later.
func repeatedly(v int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for range 10 {
			if !yield(v) {
				return
			}
			time.Sleep(100 * time.Microsecond)
		}
	}
}
