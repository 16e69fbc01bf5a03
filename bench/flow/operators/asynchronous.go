package operators

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/reugn/go-streams"
	"github.com/reugn/go-streams/extension"
	gsflow "github.com/reugn/go-streams/flow"
	"github.com/samber/ro"

	"github.com/wsflow/wsflow/flow"
)

type source = flow.Source[int]

func addOneOrFail(_ context.Context, v int) (int, error) { return v + 1, nil }

func mapFlow(in source) source { return flow.Map(in, addOne) }

func mapStage() streams.Flow { return gsflow.NewMap(addOne, 1) }

// fast is a rate that is never reached; it is kept all the same.
const fast = 1_000_000_000

func asynchronous() []Case {
	one, group := (*total).one, (*total).group
	all := func(_ context.Context, n int) int { return inlinedSum(n, func(v int) int { return v }) }
	allPlusOne := func(_ context.Context, n int) int { return inlinedSum(n, addOne) }
	mapFour := func() streams.Flow { return gsflow.NewMap(addOne, 4) }
	return append([]Case{
		{
			Name: "Async", Async: true, Inlined: all,
			Flow:      flowed(one, flow.Async[int]),
			GoStreams: via(one, func() streams.Flow { return gsflow.NewPassThrough() }),
			Ro:        observed(one, ro.ObserveOn[int](16)),
			Channels:  pipeOf(one, counted),
		},
		{
			Name: "Buffer", Async: true, Inlined: all,
			Flow: flowed(one, func(in source) source { return flow.Buffer(in, 64, flow.Backpressure) }),
			Ro:   observed(one, ro.ObserveOn[int](64)),
		},
		{
			Name: "Queue", Async: true, Inlined: all,
			Flow: queued, GoStreams: queuedInStream, Ro: queuedInObservable, Channels: queuedInChannel,
		},
		{
			Name: "MapAsync", Async: true, Inlined: allPlusOne,
			Flow: flowed(one, func(in source) source { return flow.MapAsync(in, 4, addOneOrFail) }),
			Channels: pipeOf(one, func(ctx context.Context, n int) <-chan int {
				return mappedInOrder(ctx, counted(ctx, n), 4, addOneOrFail)
			}),
		},
		{
			Name: "MapAsyncUnordered", Async: true, Inlined: allPlusOne,
			Flow:      flowed(one, func(in source) source { return flow.MapAsyncUnordered(in, 4, addOneOrFail) }),
			GoStreams: via(one, mapFour),
			Channels: pipeOf(one, func(ctx context.Context, n int) <-chan int {
				return mapped(ctx, counted(ctx, n), 4, addOneOrFail)
			}),
		},
		{
			Name: "Throttle", Async: true, Inlined: all,
			Flow: flowed(one, func(in source) source { return flow.Throttle(in, flow.Rate{N: fast, Per: time.Second}) }),
			GoStreams: streamed(one, func(n int) streams.Outlet {
				return anySource(n).Via(gsflow.NewThrottler(fast, time.Second, room, gsflow.Backpressure)).Via(gsflow.NewPassThrough())
			}),
			Channels: piped(one, pacedLoop(fast, time.Second)),
		},
		{
			Name: "GroupedWithin", Async: true, Inlined: all,
			Flow:      flowed(group, func(in source) flow.Source[[]int] { return flow.GroupedWithin(in, 16, time.Second) }),
			GoStreams: via(group, func() streams.Flow { return gsflow.NewBatch[int](16, time.Second) }),
			Ro:        observed(group, ro.BufferWithTimeOrCount[int](16, time.Second)),
			Channels: pipeOf(group, func(ctx context.Context, n int) <-chan []int {
				return groupedInTime(ctx, counted(ctx, n), 16, time.Second)
			}),
		},
		{
			Name: "Conflate", Async: true, Inlined: all,
			Flow: flowed(one, func(in source) source { return flow.Conflate(in, add) }),
			Channels: pipeOf(one, func(ctx context.Context, n int) <-chan int {
				return conflated(ctx, counted(ctx, n), add)
			}),
		},
	}, slices.Concat(fansIn(), fansOut(), moreAsynchronous())...)
}

// fansIn are the cases of operators with many sources.
func fansIn() []Case {
	one := (*total).one
	return []Case{
		{
			Name: "Merge", Async: true, Inlined: halves,
			Flow: flowOf(one, func(n int) source { return flow.Merge(flow.FromSeq(upTo(n/2)), flow.FromSeq(upTo(n/2))) }),
			GoStreams: streamed(one, func(n int) streams.Outlet {
				return gsflow.Merge(anySource(n/2).Via(gsflow.NewPassThrough()), anySource(n/2).Via(gsflow.NewPassThrough()))
			}),
			Ro: observedOf(one, func(n int) ro.Observable[int] { return ro.Merge(numbers(n/2), numbers(n/2)) }),
			Channels: pipeOf(one, func(ctx context.Context, n int) <-chan int {
				return merged(ctx, counted(ctx, n/2), counted(ctx, n/2))
			}),
		},
		{
			Name: "Zip", Async: true, Inlined: halves,
			Flow: flowOf((*total).pair, func(n int) flow.Source[pair] {
				return flow.Zip(flow.FromSeq(upTo(n/2)), flow.FromSeq(upTo(n/2)))
			}),
			GoStreams: streamed((*total).pair, func(n int) streams.Outlet {
				return gsflow.ZipWith(func(vs []int) pair { return pair{First: vs[0], Second: vs[1]} }, anySource(n/2), anySource(n/2))
			}),
			Ro: observedOf((*total).group, func(n int) ro.Observable[[]int] { return ro.Zip(numbers(n/2), numbers(n/2)) }),
			Channels: pipeOf((*total).pair, func(ctx context.Context, n int) <-chan pair {
				return zipped(ctx, counted(ctx, n/2), counted(ctx, n/2))
			}),
		},
		{
			Name: "Interleave", Async: true, Inlined: halves,
			Flow: flowOf(one, func(n int) source { return flow.Interleave(1, flow.FromSeq(upTo(n/2)), flow.FromSeq(upTo(n/2))) }),
			Channels: pipeOf(one, func(ctx context.Context, n int) <-chan int {
				return interleaved(ctx, counted(ctx, n/2), counted(ctx, n/2))
			}),
		},
		{
			Name: "FlatMapMerge", Async: true, Inlined: pageSums,
			Flow: flowOf(one, func(n int) source {
				return flow.FlatMapMerge(flow.FromSeq(upTo(n/page)), 4, func(int) source { return flow.FromSeq(pages) })
			}),
			Ro: observedOf(one, func(n int) ro.Observable[int] {
				return ro.MergeMap(func(int) ro.Observable[int] { return numbers(page) })(numbers(n / page))
			}),
			Channels: pipeOf(one, func(ctx context.Context, n int) <-chan int {
				return flatMerged(ctx, counted(ctx, n/page), 4, func(int) iter.Seq[int] { return pages })
			}),
		},
	}
}

// fansOut are the cases of operators with flows inside, two of them.
func fansOut() []Case {
	one := (*total).one
	allPlusOne := func(_ context.Context, n int) int { return inlinedSum(n, addOne) }
	fannedOut := func(to func(v int) (first, last int)) Run {
		return pipeOf(one, func(ctx context.Context, n int) <-chan int {
			branches := dealt(ctx, counted(ctx, n), to)
			return merged(ctx, staged(ctx, branches[0], mapLoop(addOne)), staged(ctx, branches[1], mapLoop(addOne)))
		})
	}
	fannedIn := func(branches []streams.Flow) streams.Outlet {
		return gsflow.Merge(branches[0].Via(mapStage()), branches[1].Via(mapStage()))
	}
	return []Case{
		{
			Name: "Broadcast", Async: true,
			Inlined:   func(_ context.Context, n int) int { return 2 * inlinedSum(n, addOne) },
			Flow:      flowed(one, func(in source) source { return flow.Broadcast(in, mapFlow, mapFlow) }),
			GoStreams: streamed(one, func(n int) streams.Outlet { return fannedIn(gsflow.FanOut(anySource(n), 2)) }),
			Channels:  fannedOut(func(int) (int, int) { return 0, 1 }),
		},
		{
			Name: "Partition", Async: true, Inlined: allPlusOne,
			Flow: flowed(one, func(in source) source {
				return flow.Partition(in, func(v int) int { return v % 2 }, mapFlow, mapFlow)
			}),
			GoStreams: streamed(one, func(n int) streams.Outlet {
				branches := gsflow.Split(anySource(n), even)
				return fannedIn(branches[:])
			}),
			Channels: fannedOut(func(v int) (int, int) { return v % 2, v % 2 }),
		},
		{
			Name: "Balance", Async: true, Inlined: allPlusOne,
			Flow:      flowed(one, func(in source) source { return flow.Balance(in, mapFlow, mapFlow) }),
			GoStreams: streamed(one, func(n int) streams.Outlet { return fannedIn(gsflow.RoundRobin(anySource(n), 2)) }),
			Channels: pipeOf(one, func(ctx context.Context, n int) <-chan int {
				in := counted(ctx, n)
				return merged(ctx, staged(ctx, in, mapLoop(addOne)), staged(ctx, in, mapLoop(addOne)))
			}),
		},
	}
}

// The ways of a queue: one goroutine puts values in, and waits while there is no room.

const queueRoom = 1024

func queued(ctx context.Context, n int) int {
	q := flow.NewQueue[int](queueRoom)
	go func() {
		defer q.Close()
		for v := range n {
			must(q.Put(ctx, v))
		}
	}()
	var t total
	must(q.Source().Run(ctx, t.one))
	return t.sum
}

func queuedInChannel(ctx context.Context, n int) int {
	q := make(chan int, queueRoom)
	go func() {
		defer close(q)
		for v := range n {
			must(send(ctx, q, v))
		}
	}()
	var t total
	for v := range q {
		must(t.one(v))
	}
	return t.sum
}

func queuedInStream(ctx context.Context, n int) int {
	q := make(chan any, queueRoom)
	go func() {
		defer close(q)
		for v := range n {
			must(send(ctx, q, any(v)))
		}
	}()
	sum := 0
	for v := range extension.NewChanSource(q).Via(gsflow.NewPassThrough()).Out() {
		sum += v.(int)
	}
	return sum
}

func queuedInObservable(ctx context.Context, n int) int {
	q := make(chan int, queueRoom)
	go func() {
		defer close(q)
		for v := range n {
			must(send(ctx, q, v))
		}
	}()
	return observedOf((*total).one, func(int) ro.Observable[int] { return ro.FromChannel[int](q) })(ctx, n)
}
