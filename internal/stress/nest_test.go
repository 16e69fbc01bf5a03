package stress

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/wsflow/wsflow/flow"
)

// innerSource is a stream for each value: the value itself and the next one, in some way.
func innerSource(r *rand.Rand) func(int) ints {
	f := []flow.Flow[int, int]{identity, flow.Async[int], paused, func(in ints) ints { return flow.Merge(in) }}[r.IntN(4)]
	return func(v int) ints { return f(flow.Of(v, v+1)) }
}

func pair(v int) []int { return []int{v, v + 1} }

func paused(in ints) ints { return flow.InitialDelay(in, time.Millisecond) }

// nestStages have streams inside.
var nestStages = []stage{
	{"FlatMapConcat", func(r *rand.Rand, in graph) graph {
		return graph{flow.FlatMapConcat(in.source, innerSource(r)), in.model.perValue(pair)}
	}},
	{"FlatMapMerge", func(r *rand.Rand, in graph) graph {
		m := in.model.perValue(pair)
		return graph{flow.FlatMapMerge(in.source, 1+r.IntN(3), innerSource(r)), merged(m, exactly(nil, nil))}
	}},
	{"SwitchMap", func(r *rand.Rand, in graph) graph {
		return graph{flow.SwitchMap(in.source, innerSource(r)), in.model.perValue(pair).weaken(some)}
	}},
	{"FlatMapPrefix", func(r *rand.Rand, in graph) graph {
		n := r.IntN(3)
		f, fm := inner(r)
		out := flow.FlatMapPrefix(in.source, n, func(_ context.Context, prefix []int) (flow.Flow[int, int], error) {
			return func(rest ints) ints { return flow.Concat(flow.Of(prefix...), f(rest)) }, nil
		})
		if in.model.certainty != exact || len(in.model.ends) != 1 {
			return graph{out, anyOf([]stream{fm(in.model)}).with(in.model.ends...).with(fm(exactly(nil, nil)).ends...)}
		}
		values, end := in.model.values, in.model.ends[0]
		if len(values) < n && end != nil {
			return graph{out, exactly(nil, end)} // before there is a prefix
		}
		k := min(n, len(values))
		m := fm(exactly(values[k:], end))
		m.values = append(slices.Clone(values[:k]), m.values...)
		return graph{out, m}
	}},
	{"GroupBy", func(r *rand.Rand, in graph) graph {
		f, fm := inner(r)
		out := flow.GroupBy(in.source, 2, func(v int) int { return v & 1 }, func(_ int, in ints) ints { return f(in) })
		// A flow that ends early begins anew with the next value of its key.
		ends := merged(fm(in.model), fm(exactly(nil, nil)), fm(stream{ends: in.model.ends, certainty: unknown})).ends
		return graph{out, stream{certainty: unknown, ends: ends}.with(nil).with(in.model.ends...)}
	}},
	{"GroupBy itself", func(_ *rand.Rand, in graph) graph {
		out := flow.GroupBy(in.source, 2, func(v int) int { return v & 1 }, func(_ int, in ints) ints { return in })
		return graph{out, merged(in.model, exactly(nil, nil))}
	}},
	failing("GroupBy too many", flow.ErrTooManySubstreams, func(in ints, _ int) ints {
		return flow.GroupBy(in, 1, func(v int) int { return v & 1 }, func(_ int, in ints) ints { return in })
	}, func(_ int, values []int, end error) ([]int, error) {
		for i, v := range values {
			if even(v) != even(values[0]) {
				return values[:i], flow.ErrTooManySubstreams
			}
		}
		return values, end
	}),
	same("SplitWhen", func(in ints) ints { return flow.SplitWhen(in, even, flow.Async[int]) }),
	same("SplitAfter", func(in ints) ints { return flow.SplitAfter(in, even, paused) }),
	inOrder("SplitAfter Grouped", func(in ints, n int) ints {
		return flow.SplitAfter(in, even, func(in ints) ints { return flow.Map(flow.Grouped(in, n+1), sum) })
	}, func(n int, values []int, end error) ([]int, error) {
		var sums, part []int
		flush := func(end error) {
			these, _ := grouped(n, part, end)
			sums = append(sums, these...)
			part = nil
		}
		for _, v := range values {
			if part = append(part, v); even(v) {
				flush(nil)
			}
		}
		flush(end)
		return sums, end
	}),
}
