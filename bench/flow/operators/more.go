package operators

import (
	"cmp"
	"context"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wsflow/wsflow/flow"
)

// moreAsynchronous are the cases of operators with goroutines or timers that the peers have nothing like.
func moreAsynchronous() []Case {
	one := (*total).one
	all := func(_ context.Context, n int) int { return inlinedSum(n, func(v int) int { return v }) }
	allPlusOne := func(_ context.Context, n int) int { return inlinedSum(n, addOne) }
	zero := func() int { return 0 }
	same := func(v int) int { return v }
	return append([]Case{
		{
			Name: "BackpressureTimeout", Async: true, Inlined: all,
			Flow:     flowed(one, func(in source) source { return flow.BackpressureTimeout(in, far) }),
			Channels: stagedBy(one, func(ctx context.Context, in <-chan int, out chan<- int) { sentInTime(ctx, in, out, far) }),
		},
		{
			Name: "Delay", Async: true, Inlined: all,
			Flow:     flowed(one, func(in source) source { return flow.Delay(in, time.Nanosecond, 64, flow.Backpressure) }),
			Channels: pipeOf(one, func(ctx context.Context, n int) <-chan int { return delayed(ctx, counted(ctx, n), time.Nanosecond) }),
		},
		{
			Name: "Batch", Async: true, Inlined: all,
			Flow:     flowed(one, func(in source) source { return flow.Batch(in, 16, same, add) }),
			Channels: stagedBy(one, func(ctx context.Context, in <-chan int, out chan<- int) { batched(ctx, in, out, 16) }),
		},
		{
			Name: "KeepAlive", Async: true, Inlined: all,
			Flow:     flowed(one, func(in source) source { return flow.KeepAlive(in, far, zero) }),
			Channels: stagedBy(one, func(ctx context.Context, in <-chan int, out chan<- int) { keptAlive(ctx, in, out, far) }),
		},
		{
			Name: "Debounce", Async: true, Inlined: func(_ context.Context, n int) int { return n - 1 },
			Flow:     flowed(one, func(in source) source { return flow.Debounce(in, far) }),
			Channels: stagedBy(one, func(ctx context.Context, in <-chan int, out chan<- int) { debounced(ctx, in, out, far) }),
		},
		{
			Name: "SwitchMap, one source", Async: true, Inlined: all,
			Flow: flowOf(one, func(n int) source {
				return flow.SwitchMap(flow.Of(n), func(n int) source { return flow.FromSeq(upTo(n)) })
			}),
		},
		{
			Name: "MapAsyncPartitioned", Async: true, Inlined: allPlusOne,
			Flow: flowed(one, func(in source) source {
				return flow.MapAsyncPartitioned(in, 4, sixteenth, func(_ context.Context, _, v int) (int, error) { return v + 1, nil })
			}),
		},
		{
			Name: "ForEachAsync", Async: true, Inlined: all,
			Flow: func(ctx context.Context, n int) int {
				var sum atomic.Int64
				_, err := flow.ForEachAsync(4, addingTo(&sum)).Run(ctx, flow.FromSeq(upTo(n)))
				must(err)
				return int(sum.Load())
			},
			Channels: func(ctx context.Context, n int) int {
				var sum atomic.Int64
				var working sync.WaitGroup
				in, f := counted(ctx, n), addingTo(&sum)
				for range 4 {
					working.Go(func() { must(eachLoop(f)(ctx, values(in), nil)) })
				}
				working.Wait()
				return int(sum.Load())
			},
		},
		{
			Name: "WireTap", Async: true, Inlined: all,
			Flow:     flowed(one, func(in source) source { return flow.WireTap(in, flow.Ignore[int]()) }),
			Channels: stagedBy(one, tapped),
		},
		{
			Name: "RestartFlow", Async: true, Inlined: allPlusOne,
			Flow: flowed(one, flow.RestartFlow(flow.RestartSettings{OnFailuresOnly: true}, func(context.Context) (flow.Flow[int, int], error) {
				return mapFlow, nil
			})),
			Channels: piped(one, mapLoop(addOne)),
		},
		{
			Name: "ToChan", Async: true, Inlined: all,
			Flow: pipeOf(one, func(ctx context.Context, n int) <-chan int {
				out := make(chan int, room)
				go func() {
					defer close(out)
					_, err := flow.ToChan(out).Run(ctx, flow.FromSeq(upTo(n)))
					must(err)
				}()
				return out
			}),
			Channels: pipeOf(one, counted),
		},
	}, moreFansIn()...)
}

// moreFansIn are the cases of operators with many sources that the peers have nothing like.
func moreFansIn() []Case {
	one, group := (*total).one, (*total).group
	all := func(_ context.Context, n int) int { return inlinedSum(n, func(v int) int { return v }) }
	half := func(n int) source { return flow.FromSeq(upTo(n / 2)) }
	two := func(f func(ctx context.Context, a, b <-chan int, out chan<- int)) Run {
		return pipeOf(one, func(ctx context.Context, n int) <-chan int {
			return onGoroutine(func(out chan<- int) { f(ctx, counted(ctx, n/2), counted(ctx, n/2), out) })
		})
	}
	return []Case{
		{
			Name: "MergePreferred", Async: true, Inlined: halves,
			Flow: flowOf(one, func(n int) source { return flow.MergePreferred(half(n), half(n)) }), Channels: two(preferred),
		},
		{
			Name: "MergeSorted", Async: true, Inlined: halves,
			Flow:     flowOf(one, func(n int) source { return flow.MergeSorted(cmp.Compare[int], half(n), half(n)) }),
			Channels: two(sorted),
		},
		{
			// The second source has one value, which is there before the first of the others, so that the sum is the same.
			Name: "MergeLatest", Async: true, Inlined: all,
			Flow: flowOf(group, func(n int) flow.Source[[]int] {
				a, b := gated(n)
				return flow.MergeLatest(flow.FromSeq(a), flow.FromSeq(b))
			}),
		},
		{
			Name: "ZipLatest", Async: true, Inlined: all,
			Flow: flowOf((*total).pair, func(n int) flow.Source[pair] {
				a, b := gated(n)
				return flow.ZipLatest(flow.FromSeq(a), flow.Concat(flow.FromSeq(b), flow.Never[int]()))
			}),
		},
		{
			Name: "ZipN", Async: true, Inlined: halves,
			Flow: flowOf(group, func(n int) flow.Source[[]int] { return flow.ZipN(half(n), half(n)) }),
			Channels: pipeOf(group, func(ctx context.Context, n int) <-chan []int {
				return zippedN(ctx, counted(ctx, n/2), counted(ctx, n/2))
			}),
		},
		{
			Name: "MergeWhile", Async: true, Inlined: all,
			Flow:     flowOf(one, func(n int) source { return flow.MergeWhile(flow.FromSeq(upTo(n)), flow.Never[int]()) }),
			Channels: stagedBy(one, func(ctx context.Context, in <-chan int, out chan<- int) { mergedWhile(ctx, in, nil, out) }),
		},
	}
}

// gated returns 0 to n-1, which wait until the other sequence, of one 0, has been read.
func gated(n int) (a, b iter.Seq[int]) {
	read := make(chan struct{})
	a = func(yield func(int) bool) {
		<-read
		upTo(n)(yield)
	}
	b = func(yield func(int) bool) {
		yield(0)
		close(read)
	}
	return a, b
}

func addingTo(sum *atomic.Int64) func(context.Context, int) error {
	return func(_ context.Context, v int) error {
		sum.Add(int64(v))
		return nil
	}
}
