package operators

import (
	"context"
	"iter"
	"slices"

	"github.com/reugn/go-streams"
	gsflow "github.com/reugn/go-streams/flow"
	"github.com/samber/ro"

	"github.com/wsflow/wsflow/flow"
)

type (
	pair    = flow.Pair[int, int]
	indexed = flow.Indexed[int]
)

func addOne(v int) int { return v + 1 }

func even(v int) bool { return v%2 == 0 }

func small(v int) bool { return v < 16 }

func add(a, b int) int { return a + b }

func addTo(_ context.Context, sum, v int) (int, error) { return sum + v, nil }

func tenfoldOfEven(v int) (int, bool) { return 10 * v, v%2 == 0 }

var couples = [][]int{{1, 2}, {3, 4}}

func couple(v int) []int { return couples[v%2] }

// sameThird makes three values the same: 0, 0, 0, 1, 1, 1.
func sameThird(a, b int) bool { return a/3 == b/3 }

// page is how many values each of the sources has that are made of a value.
const page = 64

var pages = upTo(page)

func sixteenth(v int) int { return v % 16 }

// A running is the state of a running sum.
type running struct{ sum int }

func (r *running) add(v int, emit func(int) error) error {
	r.sum += v
	return emit(r.sum)
}

func newRunning() *running { return new(running) }

// inlinedSum is the loop around f, if the compiler inlines it.
func inlinedSum(n int, f func(v int) int) int {
	sum := 0
	for v := range n {
		sum += f(v)
	}
	return sum
}

func synchronous() []Case {
	one, group := (*total).one, (*total).group
	return append([]Case{
		{
			Name:      "Map",
			Inlined:   func(_ context.Context, n int) int { return inlinedSum(n, addOne) },
			Loop:      looped(one, mapLoop(addOne)),
			Flow:      flowed(one, func(in source) source { return flow.Map(in, addOne) }),
			GoStreams: via(one, func() streams.Flow { return gsflow.NewMap(addOne, 1) }),
			Ro:        observed(one, ro.Map(addOne)),
			Channels:  piped(one, mapLoop(addOne)),
		},
		{
			Name: "Filter",
			Inlined: func(_ context.Context, n int) int {
				return inlinedSum(n, func(v int) int {
					if even(v) {
						return v
					}
					return 0
				})
			},
			Loop:      looped(one, filterLoop(even)),
			Flow:      flowed(one, func(in source) source { return flow.Filter(in, even) }),
			GoStreams: via(one, func() streams.Flow { return gsflow.NewFilter(even, 1) }),
			Ro:        observed(one, ro.Filter(even)),
			Channels:  piped(one, filterLoop(even)),
		},
		{
			Name: "FilterMap",
			Inlined: func(_ context.Context, n int) int {
				return inlinedSum(n, func(v int) int {
					if out, ok := tenfoldOfEven(v); ok {
						return out
					}
					return 0
				})
			},
			Loop:     looped(one, filterMapLoop(tenfoldOfEven)),
			Flow:     flowed(one, func(in source) source { return flow.FilterMap(in, tenfoldOfEven) }),
			Channels: piped(one, filterMapLoop(tenfoldOfEven)),
		},
		{
			Name: "MapConcat",
			Inlined: func(_ context.Context, n int) int {
				sum := 0
				for v := range n {
					for _, out := range couple(v) {
						sum += out
					}
				}
				return sum
			},
			Loop:      looped(one, mapConcatLoop(couple)),
			Flow:      flowed(one, func(in source) source { return flow.MapConcat(in, couple) }),
			GoStreams: via(one, func() streams.Flow { return gsflow.NewFlatMap(couple, 1) }),
			Ro: observed(one, func(in ro.Observable[int]) ro.Observable[int] {
				return ro.Pipe2(in, ro.Map(couple), ro.Flatten[int]())
			}),
			Channels: piped(one, mapConcatLoop(couple)),
		},
		{
			Name:      "Scan",
			Inlined:   runningSum,
			Loop:      looped(one, scanLoop(0, addTo)),
			Flow:      flowed(one, func(in source) source { return flow.Scan(in, 0, addTo) }),
			GoStreams: via(one, func() streams.Flow { return gsflow.NewFold(0, add) }),
			Ro:        observed(one, ro.Scan(add, 0)),
			Channels:  piped(one, scanLoop(0, addTo)),
		},
		{
			Name: "StatefulMap", Inlined: runningSum,
			Loop: looped(one, statefulLoop(newRunning, (*running).add)),
			Flow: flowed(one, func(in source) source {
				return flow.StatefulMap(in, newRunning, (*running).add, nil)
			}),
			Channels: piped(one, statefulLoop(newRunning, (*running).add)),
		},
		{
			Name:     "Grouped",
			Inlined:  func(_ context.Context, n int) int { return inlinedSum(n, func(v int) int { return v }) },
			Loop:     looped(group, groupedLoop(16)),
			Flow:     flowed(group, func(in source) flow.Source[[]int] { return flow.Grouped(in, 16) }),
			Ro:       observed(group, ro.BufferWithCount[int](16)),
			Channels: piped(group, groupedLoop(16)),
		},
		{
			Name:     "Sliding",
			Inlined:  func(_ context.Context, n int) int { return inlinedSum(n-1, func(v int) int { return v + v + 1 }) },
			Loop:     looped(group, slidingLoop(2)),
			Flow:     flowed(group, func(in source) flow.Source[[]int] { return flow.Sliding(in, 2, 1) }),
			Ro:       observed(group, ro.Pairwise[int]()),
			Channels: piped(group, slidingLoop(2)),
		},
		{
			Name:     "ZipWithIndex",
			Inlined:  func(_ context.Context, n int) int { return inlinedSum(n, func(v int) int { return v + v }) },
			Loop:     looped((*total).index, indexLoop()),
			Flow:     flowed((*total).index, flow.ZipWithIndex[int]),
			Ro:       observed((*total).index, ro.MapI(func(v int, i int64) indexed { return indexed{Index: i, Value: v} })),
			Channels: piped((*total).index, indexLoop()),
		},
	}, slices.Concat(endings(), others(), compositions(), passing(), making(), branching(), nested())...)
}

// runningSum adds up the sums of the values so far.
func runningSum(_ context.Context, n int) int {
	sum, state := 0, 0
	for v := range n {
		state += v
		sum += state
	}
	return sum
}

// endings are the cases of operators that leave values out at either end, and of sinks.
func endings() []Case {
	one := (*total).one
	all := func(_ context.Context, n int) int { return inlinedSum(n, func(v int) int { return v }) }
	allButOne := func(_ context.Context, n int) int { return inlinedSum(n-1, func(v int) int { return v }) }
	from16 := func(_ context.Context, n int) int {
		return inlinedSum(n, func(v int) int {
			if small(v) {
				return 0
			}
			return v
		})
	}
	// Those whose argument depends on the number of values.
	taking := func(run func(n int) Run) Run {
		return func(ctx context.Context, n int) int { return run(n-1)(ctx, n) }
	}
	below := func(n int) func(int) bool { return func(v int) bool { return v < n } }
	return []Case{
		{
			Name: "Take", Inlined: allButOne,
			Loop: taking(func(n int) Run { return looped(one, takeLoop(n)) }),
			Flow: taking(func(n int) Run {
				return flowed(one, func(in source) source { return flow.Take(in, n) })
			}),
			Ro:       taking(func(n int) Run { return observed(one, ro.Take[int](int64(n))) }),
			Channels: taking(func(n int) Run { return piped(one, takeLoop(n)) }),
		},
		{
			Name: "TakeWhile", Inlined: allButOne,
			Loop: taking(func(n int) Run { return looped(one, takeWhileLoop(below(n))) }),
			Flow: taking(func(n int) Run {
				return flowed(one, func(in source) source { return flow.TakeWhile(in, below(n)) })
			}),
			Ro:       taking(func(n int) Run { return observed(one, ro.TakeWhile(below(n))) }),
			Channels: taking(func(n int) Run { return piped(one, takeWhileLoop(below(n))) }),
		},
		{
			Name: "Drop", Inlined: from16,
			Loop:     looped(one, dropLoop(16)),
			Flow:     flowed(one, func(in source) source { return flow.Drop(in, 16) }),
			Ro:       observed(one, ro.Skip[int](16)),
			Channels: piped(one, dropLoop(16)),
		},
		{
			Name: "DropWhile", Inlined: from16,
			Loop:     looped(one, dropWhileLoop(small)),
			Flow:     flowed(one, func(in source) source { return flow.DropWhile(in, small) }),
			Ro:       observed(one, ro.SkipWhile(small)),
			Channels: piped(one, dropWhileLoop(small)),
		},
		{
			Name: "Limit", Inlined: all,
			Loop:     looped(one, limitLoop(1<<40)),
			Flow:     flowed(one, func(in source) source { return flow.Limit(in, 1<<40) }),
			Channels: piped(one, limitLoop(1<<40)),
		},
		{
			Name: "Fold", Inlined: all,
			Loop:      looped(one, foldLoop(0, add)),
			Flow:      sunk(flow.Fold(0, add)),
			GoStreams: lastOf(func() streams.Flow { return gsflow.NewFold(0, add) }),
			Ro:        observed(one, ro.Reduce(add, 0)),
			Channels:  piped(one, foldLoop(0, add)),
		},
		{
			Name: "Reduce", Inlined: all,
			Loop:      looped(one, reduceLoop(add)),
			Flow:      sunk(flow.Reduce(add)),
			GoStreams: lastOf(func() streams.Flow { return gsflow.NewReduce(add) }),
			Channels:  piped(one, reduceLoop(add)),
		},
	}
}

// sunk runs a sink.
func sunk(sink flow.Sink[int, int]) Run {
	return func(ctx context.Context, n int) int {
		sum, err := sink.Run(ctx, flow.FromSeq(upTo(n)))
		must(err)
		return sum
	}
}

// lastOf is for folds of go-streams, which emit each result on the way.
func lastOf(op func() streams.Flow) Run {
	return func(_ context.Context, n int) int {
		last := 0
		for v := range anySource(n).Via(op()).Out() {
			last = v.(int)
		}
		return last
	}
}

// compositions are the cases of operators that have to do with other streams, or with the values before.
func compositions() []Case {
	one := (*total).one
	return []Case{
		{
			Name: "DropRepeatedFunc",
			Inlined: func(_ context.Context, n int) int {
				return inlinedSum(n, func(v int) int {
					if v%3 == 0 {
						return v
					}
					return 0
				})
			},
			Loop:     looped(one, dropRepeatedLoop(sameThird)),
			Flow:     flowed(one, func(in source) source { return flow.DropRepeatedFunc(in, sameThird) }),
			Channels: piped(one, dropRepeatedLoop(sameThird)),
		},
		{
			Name:     "Intersperse",
			Inlined:  func(_ context.Context, n int) int { return inlinedSum(n, addOne) - 1 },
			Loop:     looped(one, intersperseLoop(1)),
			Flow:     flowed(one, func(in source) source { return flow.Intersperse(in, 1) }),
			Channels: piped(one, intersperseLoop(1)),
		},
		{
			Name:    "Concat",
			Inlined: halves,
			Loop: func(ctx context.Context, n int) int {
				var t total
				must(concatLoop(ctx, []iter.Seq[int]{upTo(n / 2), upTo(n / 2)}, emitTo(&t, one)))
				return t.sum
			},
			Flow: flowOf(one, func(n int) flow.Source[int] {
				return flow.Concat(flow.FromSeq(upTo(n/2)), flow.FromSeq(upTo(n/2)))
			}),
			Ro: observedOf(one, func(n int) ro.Observable[int] { return ro.Concat(numbers(n/2), numbers(n/2)) }),
		},
	}
}

// halves is the sum of 0 to n/2-1, twice.
func halves(_ context.Context, n int) int {
	return 2 * inlinedSum(n/2, func(v int) int { return v })
}

// pageSums is the sum of n/page pages.
func pageSums(_ context.Context, n int) int {
	sum := 0
	for range n / page {
		sum += inlinedSum(page, func(v int) int { return v })
	}
	return sum
}
