package operators

import (
	"context"
	"iter"

	"github.com/reugn/go-streams"
	gsflow "github.com/reugn/go-streams/flow"
	"github.com/samber/ro"

	"github.com/wsflow/wsflow/flow"
)

// nested are the cases of operators that start streams inside, of so many values each where that matters.
func nested() []Case {
	return []Case{
		flatMapConcat("FlatMapConcat, 64 each", 64),
		flatMapConcat("FlatMapConcat, 1,024 each", 1024),
		splitWhen("SplitWhen, 64 each", 64),
		splitWhen("SplitWhen, 1,024 each", 1024),
		groupBy("GroupBy", groupByLoop(sixteenth, addingOne)),
		// What comes out of a group may come from a goroutine, which a loop can let its groups do only with a lock.
		groupBy("GroupBy, a loop with a lock", locked(groupByLoop(sixteenth, addingOne))),
	}
}

func flatMapConcat(name string, size int) Case {
	one := (*total).one
	inner := upTo(size)
	hand := flatMapLoop(func(int) iter.Seq[int] { return inner })
	// n values in all.
	pages := func(run Run) Run {
		return func(ctx context.Context, n int) int { return run(ctx, n/size) }
	}
	return Case{
		Name: name,
		Inlined: pages(func(_ context.Context, n int) int {
			sum := 0
			for range n {
				sum += inlinedSum(size, func(v int) int { return v })
			}
			return sum
		}),
		Loop: pages(looped(one, hand)),
		Flow: pages(flowed(one, func(in source) source {
			return flow.FlatMapConcat(in, func(int) source { return flow.FromSeq(inner) })
		})),
		Ro:       pages(observed(one, ro.FlatMap(func(int) ro.Observable[int] { return numbers(size) }))),
		Channels: pages(piped(one, hand)),
	}
}

func groupBy(name string, hand loop[int]) Case {
	one := (*total).one
	return Case{
		Name: name,
		Inlined: func(_ context.Context, n int) int {
			groups := make(map[int]int)
			for v := range n {
				groups[sixteenth(v)] += addOne(v)
			}
			sum := 0
			for _, group := range groups {
				sum += group
			}
			return sum
		},
		Loop: looped(one, hand),
		Flow: flowed(one, func(in source) source {
			return flow.GroupBy(in, 16, sixteenth, func(_ int, in source) source { return flow.Map(in, addOne) })
		}),
		GoStreams: via(one, func() streams.Flow { return gsflow.NewKeyed(sixteenth, mapStage) }),
		Ro: observed(one, func(in ro.Observable[int]) ro.Observable[int] {
			return ro.Pipe2(in, ro.GroupBy(sixteenth), ro.MergeMap(ro.Map(addOne)))
		}),
		Channels: pipeOf(one, keyed),
	}
}

// keyed has a stage for each key.
func keyed(ctx context.Context, n int) <-chan int {
	keys := make([]chan int, 16)
	stages := make([]<-chan int, len(keys))
	for i := range keys {
		keys[i] = make(chan int, room)
		stages[i] = staged(ctx, keys[i], mapLoop(addOne))
	}
	go func() {
		for v := range counted(ctx, n) {
			if send(ctx, keys[sixteenth(v)], v) != nil {
				break
			}
		}
		for _, key := range keys {
			close(key)
		}
	}()
	return merged(ctx, stages...)
}

func splitWhen(name string, size int) Case {
	one := (*total).one
	first := func(v int) bool { return v%size == 0 }
	return Case{
		Name:     name,
		Inlined:  func(_ context.Context, n int) int { return inlinedSum(n, addOne) },
		Loop:     looped(one, splitLoop(first, addingOne)),
		Flow:     flowed(one, func(in source) source { return flow.SplitWhen(in, first, mapFlow) }),
		Channels: piped(one, splitLoop(first, addingOne)),
	}
}

func addingOne(emit func(int) error) func(int) error {
	return func(v int) error { return emit(addOne(v)) }
}
