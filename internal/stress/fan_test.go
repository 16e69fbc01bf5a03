package stress

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"

	"github.com/wsflow/wsflow/flow"
)

// inner is a flow of one or two stages at random, and what it makes of a stream. Its input is one-shot.
func inner(r *rand.Rand) (flow.Flow[int, int], func(stream) stream) {
	seed, n := r.Uint64(), 1+r.IntN(2)
	apply := func(in graph) graph {
		r := rand.New(rand.NewPCG(seed, 2))
		for range n {
			in = onceStages[r.IntN(len(onceStages))].stage(r, in)
		}
		return in
	}
	return func(in ints) ints { return apply(graph{source: in, model: exactly(nil, nil)}).source },
		func(m stream) stream { return apply(graph{model: m}).model }
}

func pairSum(p flow.Pair[int, int]) int { return p.First + p.Second }

// zipped is what becomes of streams that are taken a value of each at a time.
func zipped(in []stream) stream {
	n := len(in[0].values)
	m := stream{ends: []error{nil}}
	for _, s := range in {
		n = min(n, len(s.values))
		if s.certainty != exact {
			m = m.weaken(unknown)
		}
		if s.fails() {
			m = m.weaken(some)
		}
		m = m.with(s.ends...)
	}
	for i := range n {
		total := 0
		for _, s := range in {
			total += s.values[i]
		}
		m.values = append(m.values, total)
	}
	return m
}

// any is what becomes of streams when all that is known is what may end them.
func anyOf(in []stream) stream {
	m := stream{certainty: unknown, ends: []error{nil}}
	for _, s := range in {
		m = m.with(s.ends...)
	}
	return m
}

func interleaved(n int, in []stream) stream {
	m := anyOf(in)
	if len(m.ends) > 1 || slices.ContainsFunc(in, func(s stream) bool { return s.certainty != exact }) {
		return m
	}
	left := [][]int{}
	for _, s := range in {
		left = append(left, s.values)
	}
	m.certainty = exact
	for slices.ContainsFunc(left, func(values []int) bool { return len(values) > 0 }) {
		for i, values := range left {
			k := min(n, len(values))
			m.values = append(m.values, values[:k]...)
			left[i] = values[k:]
		}
	}
	return m
}

var fanInJoins = []join{
	{"Merge", 1, 2, func(_ *rand.Rand, in []graph) graph {
		return graph{flow.Merge(sources(in)...), merged(models(in)...)}
	}},
	{"MergeWhile", 1, 2, func(_ *rand.Rand, in []graph) graph {
		m := merged(append(models(in), exactly(nil, nil))...).weaken(some)
		return graph{flow.MergeWhile(in[0].source, sources(in[1:])...), m.with(in[0].model.ends...)}
	}},
	{"MergePreferred", 1, 2, func(_ *rand.Rand, in []graph) graph {
		return graph{flow.MergePreferred(in[0].source, sources(in[1:])...), merged(models(in)...)}
	}},
	{"MergePrioritized", 1, 2, func(r *rand.Rand, in []graph) graph {
		var all []flow.Prioritized[int]
		for _, g := range in {
			all = append(all, flow.Prioritized[int]{Source: g.source, Priority: 1 + r.IntN(3)})
		}
		return graph{flow.MergePrioritized(all...), merged(models(in)...)}
	}},
	{"MergeSorted", 1, 2, func(_ *rand.Rand, in []graph) graph {
		return graph{flow.MergeSorted(cmp.Compare[int], sources(in)...), merged(models(in)...)}
	}},
	{"Interleave", 1, 2, func(r *rand.Rand, in []graph) graph {
		n := 1 + r.IntN(3)
		return graph{flow.Interleave(n, sources(in)...), interleaved(n, models(in))}
	}},
	{"Zip", 2, 0, func(_ *rand.Rand, in []graph) graph {
		return graph{flow.Map(flow.Zip(in[0].source, in[1].source), pairSum), zipped(models(in))}
	}},
	{"ZipN", 1, 2, func(_ *rand.Rand, in []graph) graph {
		return graph{flow.Map(flow.ZipN(sources(in)...), sum), zipped(models(in))}
	}},
	{"ZipLatest", 2, 0, func(_ *rand.Rand, in []graph) graph {
		return graph{flow.Map(flow.ZipLatest(in[0].source, in[1].source), pairSum), anyOf(models(in))}
	}},
	{"MergeLatest", 1, 2, func(_ *rand.Rand, in []graph) graph {
		return graph{flow.Map(flow.MergeLatest(sources(in)...), sum), anyOf(models(in))}
	}},
	{"OrElse", 2, 0, func(_ *rand.Rand, in []graph) graph {
		a, m := in[0].model, anyOf(models(in))
		if a.certainty == exact && len(a.ends) == 1 {
			m = a
			if len(a.values) == 0 && a.ends[0] == nil {
				m = in[1].model
			}
		}
		return graph{flow.OrElse(in[0].source, in[1].source), m}
	}},
}

// shared is what becomes of a stream whose values go to flows that share them.
func shared(in stream, flows ...func(stream) stream) stream {
	var outs []stream
	for _, f := range flows {
		outs = append(outs, f(in))
	}
	return merged(outs...)
}

func part(keep func(int) bool, f func(stream) stream) func(stream) stream {
	return func(s stream) stream {
		return f(s.perValue(func(v int) []int {
			if keep(v) {
				return []int{v}
			}
			return nil
		}))
	}
}

func identity(in ints) ints { return in }

func nothing(s stream) stream { return s }

var fanOutStages = []stage{
	{"Broadcast", func(r *rand.Rand, in graph) graph {
		f, fm := inner(r)
		g, gm := inner(r)
		return graph{flow.Broadcast(in.source, f, identity, g), shared(in.model, fm, nothing, gm)}
	}},
	{"Partition", func(r *rand.Rand, in graph) graph {
		f, fm := inner(r)
		g, gm := inner(r)
		return graph{
			flow.Partition(in.source, func(v int) int { return v & 1 }, f, g),
			shared(in.model, part(even, fm), part(not(even), gm)),
		}
	}},
	{"UnzipWith", func(r *rand.Rand, in graph) graph {
		f, fm := inner(r)
		g, gm := inner(r)
		plus := func(s stream) stream { return gm(s.perValue(one(next))) }
		return graph{flow.UnzipWith(in.source, func(v int) (int, int) { return v, v + 1 }, f, g), shared(in.model, fm, plus)}
	}},
	{"Balance", func(_ *rand.Rand, in graph) graph {
		return graph{flow.Balance(in.source, identity, flow.Async[int], identity), merged(in.model, exactly(nil, nil))}
	}},
	same("AlsoTo", func(in ints) ints { return flow.AlsoTo(in, flow.ToSlice[int]()) }),
	same("AlsoTo Head", func(in ints) ints {
		return flow.AlsoTo(in, flow.ForEach(func(context.Context, int) error { return nil }))
	}),
	{"AlsoTo any sink", func(r *rand.Rand, in graph) graph {
		sink := sinks[r.IntN(len(sinks))]
		return graph{flow.AlsoTo(in.source, done(sink())), in.model}
	}},
	{"FromSinkAndSource of any sink", func(r *rand.Rand, in graph) graph {
		sink := sinks[r.IntN(len(sinks))]
		pair := flow.FromSinkAndSource(done(sink()), flow.Never[int]())
		m := stream{certainty: exact, ends: in.model.ends}.with(nil)
		return graph{pair(in.source), m}
	}},
	same("WireTap", func(in ints) ints { return flow.WireTap(in, flow.Head[int]()) }),
	each("DivertTo", func(in ints) ints { return flow.DivertTo(in, flow.Ignore[int](), not(even)) }, ifEven),
}

// done is a sink whose own result and error do not matter: it fails only if its input does.
func done(sink flow.Sink[int, any]) flow.Sink[int, any] {
	return flow.NewSink("done", func(ctx context.Context, in ints) (any, error) {
		var failed error
		result, _ := sink.Run(ctx, flow.WatchTermination(in, func(err error) { failed = err }))
		if failed == errBroken {
			return result, failed
		}
		return result, nil
	})
}

// sinks are all there are.
var sinks = []func() flow.Sink[int, any]{
	func() flow.Sink[int, any] { return boxed(flow.ToSlice[int]()) },
	func() flow.Sink[int, any] { return boxed(flow.Fold(0, plus)) },
	func() flow.Sink[int, any] { return boxed(flow.Reduce(plus)) },
	func() flow.Sink[int, any] { return boxed(flow.Head[int]()) },
	func() flow.Sink[int, any] { return boxed(flow.Last[int]()) },
	func() flow.Sink[int, any] { return boxed(flow.ToChan(make(chan int, 10_000))) },
	func() flow.Sink[int, any] { return boxed(flow.OnComplete[int](func(error) {})) },
	func() flow.Sink[int, any] { return boxed(flow.Cancelled[int]()) },
	func() flow.Sink[int, any] { return boxed(flow.To(flow.Async[int], flow.Ignore[int]())) },
	func() flow.Sink[int, any] {
		return boxed(flow.ForEachAsync(2, func(ctx context.Context, v int) error {
			_, err := takingTime(ctx, v)
			return err
		}))
	},
	func() flow.Sink[int, any] {
		return boxed(flow.CombineSinks(flow.Last[int](), flow.Head[int](), flow.To(flow.Async[int], flow.Last[int]())))
	},
	func() flow.Sink[int, any] {
		return boxed(flow.LazySink(func(context.Context) (flow.Sink[int, int], error) { return flow.Last[int](), nil }))
	},
	func() flow.Sink[int, any] {
		return boxed(flow.RestartSink(soon, func(context.Context) (flow.Sink[int, int], error) { return flow.Last[int](), nil }))
	},
}

func boxed[R any](sink flow.Sink[int, R]) flow.Sink[int, any] {
	return flow.NewSink("any", func(ctx context.Context, in ints) (any, error) { return sink.Run(ctx, in) })
}
