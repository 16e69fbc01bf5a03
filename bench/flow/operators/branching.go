package operators

import (
	"context"
	"iter"

	"github.com/wsflow/wsflow/flow"
)

// branching are the cases of operators that put flows and sinks together.
func branching() []Case {
	one := (*total).one
	all := func(_ context.Context, n int) int { return inlinedSum(n, func(v int) int { return v }) }
	allPlusOne := func(_ context.Context, n int) int { return inlinedSum(n, addOne) }
	twice := func(ctx context.Context, n int) int { return 2 * all(ctx, n) }
	flowOfOne := func(context.Context) (flow.Flow[int, int], error) { return mapFlow, nil }
	return append([]Case{
		{
			Name: "FlatMapPrefix",
			Inlined: func(ctx context.Context, n int) int {
				return inlinedSum(n, addOne) - 1 // without the first one, which is 0
			},
			Loop: looped(one, prefixLoop(addingOne)),
			Flow: flowed(one, func(in source) source {
				return flow.FlatMapPrefix(in, 1, func(ctx context.Context, _ []int) (flow.Flow[int, int], error) { return flowOfOne(ctx) })
			}),
			Channels: piped(one, prefixLoop(addingOne)),
		},
		{
			Name: "LazyFlow", Inlined: allPlusOne,
			Loop: looped(one, lazyLoop(addingOne)), Flow: flowed(one, flow.LazyFlow(flowOfOne)),
			Channels: piped(one, lazyLoop(addingOne)),
		},
		{
			Name: "Coupled", Inlined: allPlusOne,
			Loop: looped(one, mapLoop(addOne)), Flow: flowed(one, flow.Coupled(mapFlow)), Channels: piped(one, mapLoop(addOne)),
		},
		{
			Name:    "Bidi.Join, of three maps",
			Inlined: func(_ context.Context, n int) int { return inlinedSum(n, func(v int) int { return v + 3 }) },
			Loop:    looped(one, mapThriceLoop(addOne, addOne, addOne)),
			Flow:    flowed(one, flow.Bidi[int, int, int, int]{Down: mapFlow, Up: mapFlow}.Join(mapFlow)),
			Channels: pipeOf(one, func(ctx context.Context, n int) <-chan int {
				first := staged(ctx, counted(ctx, n), mapLoop(addOne))
				return staged(ctx, staged(ctx, first, mapLoop(addOne)), mapLoop(addOne))
			}),
		},
		splitAfter("SplitAfter, 64 each", 64),
		splitAfter("SplitAfter, 1,024 each", 1024),
		unzipWith("UnzipWith", unzipLoop(withNext, addingOne, addingOne)),
		// As with GroupBy: what comes out of a flow may come from a goroutine.
		unzipWith("UnzipWith, a loop with a lock", locked(unzipLoop(withNext, addingOne, addingOne))),
		{
			Name: "AlsoTo", Inlined: twice,
			Loop: withSink(func(t *total) loop[int] { return teeLoop(t.each) }),
			Flow: besideSink(func(in source, sink flow.Sink[int, struct{}]) source { return flow.AlsoTo(in, sink) }),
		},
		{
			Name: "DivertTo", Inlined: all,
			Loop: withSink(func(t *total) loop[int] { return divertLoop(even, t.each) }),
			Flow: besideSink(func(in source, sink flow.Sink[int, struct{}]) source { return flow.DivertTo(in, sink, even) }),
		},
		{
			Name: "CombineSinks", Inlined: twice,
			Loop: func(ctx context.Context, n int) int {
				var a, b total
				must(teeLoop(a.each)(ctx, upTo(n), emitTo(&b, one)))
				return a.sum + b.sum
			},
			Flow: func(ctx context.Context, n int) int {
				sums, err := flow.CombineSinks(flow.Fold(0, add), flow.Fold(0, add)).Run(ctx, flow.FromSeq(upTo(n)))
				must(err)
				return sums[0] + sums[1]
			},
		},
	}, sinks()...)
}

// sinks are the cases of sinks.
func sinks() []Case {
	one := (*total).one
	all := func(_ context.Context, n int) int { return inlinedSum(n, func(v int) int { return v }) }
	return []Case{
		{
			Name: "Last",
			Inlined: func(_ context.Context, n int) int {
				last := 0
				for v := range n {
					last = v
				}
				return last
			},
			Loop: looped(one, takeLastOneLoop()), Flow: sunk(flow.Last[int]()), Channels: piped(one, takeLastOneLoop()),
		},
		{
			Name:    "To",
			Inlined: func(_ context.Context, n int) int { return inlinedSum(n, addOne) },
			Loop:    looped(one, foldMappedLoop(0, addOne, add)),
			Flow:    sunk(flow.To(mapFlow, flow.Fold(0, add))),
		},
		{
			// It forgets the values: the source adds them up.
			Name: "OnComplete", Inlined: all,
			Loop: func(ctx context.Context, n int) int {
				var t total
				must(endLoop(eachLoop(func(context.Context, int) error { return nil }), func(error) {})(ctx, t.tallied(n), nil))
				return t.sum
			},
			Flow: func(ctx context.Context, n int) int {
				var t total
				_, err := flow.OnComplete[int](func(error) {}).Run(ctx, flow.FromSeq(t.tallied(n)))
				must(err)
				return t.sum
			},
		},
	}
}

// tallied is upTo, and adds up what it yields.
func (t *total) tallied(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for v := range n {
			t.sum += v
			if !yield(v) {
				return
			}
		}
	}
}

// withSink runs a loop that has a sink too.
func withSink(build func(sink *total) loop[int]) Run {
	return func(ctx context.Context, n int) int {
		var main, side total
		must(build(&side)(ctx, upTo(n), emitTo(&main, (*total).one)))
		return main.sum + side.sum
	}
}

// besideSink runs an operator that has a sink too.
func besideSink(op func(in source, sink flow.Sink[int, struct{}]) source) Run {
	return func(ctx context.Context, n int) int {
		var main, side total
		must(op(flow.FromSeq(upTo(n)), flow.ForEach(side.each)).Run(ctx, emitTo(&main, (*total).one)))
		return main.sum + side.sum
	}
}

func splitAfter(name string, size int) Case {
	one := (*total).one
	last := func(v int) bool { return v%size == size-1 }
	return Case{
		Name:     name,
		Inlined:  func(_ context.Context, n int) int { return inlinedSum(n, addOne) },
		Loop:     looped(one, splitAfterLoop(last, addingOne)),
		Flow:     flowed(one, func(in source) source { return flow.SplitAfter(in, last, mapFlow) }),
		Channels: piped(one, splitAfterLoop(last, addingOne)),
	}
}

func unzipWith(name string, hand loop[int]) Case {
	one := (*total).one
	return Case{
		Name:    name,
		Inlined: func(_ context.Context, n int) int { return inlinedSum(n, func(v int) int { return 2*v + 3 }) },
		Loop:    looped(one, hand),
		Flow:    flowed(one, func(in source) source { return flow.UnzipWith(in, withNext, mapFlow, mapFlow) }),
	}
}

func withNext(v int) (this, next int) { return v, v + 1 }
