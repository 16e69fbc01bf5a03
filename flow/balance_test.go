package flow_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
)

func ExampleBalance() {
	worker := func(in flow.Source[int]) flow.Source[int] { return flow.Map(in, func(v int) int { return v * v }) }
	squares := flow.Balance(flow.Of(1, 2, 3), worker, worker)
	sum, err := flow.Fold(0, func(sum, v int) int { return sum + v }).Run(context.Background(), squares)
	fmt.Println(sum, err)
	// Output: 14 <nil>
}

func balanced(flows ...flow.Flow[int, int]) flow.Flow[int, int] {
	return func(in ints) ints { return flow.Balance(in, flows...) }
}

func TestBalanceKeepsTheLaws(t *testing.T) {
	in := []int{1, 2, 3}
	keepsTheLaws(t, balanced(), in, nil)
	keepsTheLaws(t, balanced(through[int]), in, in)
	keepsTheLaws(t, balanced(through[int], flow.Async[int], mapAsync[int](2)), in, in, flowtest.Unordered())
	keepsTheLaws(t, balanced(starting(7), ignoring(8)), in, []int{7, 8, 1, 2, 3}, flowtest.Unordered())
	keepsTheLaws(t, balanced(taking(1)), in, []int{1})
	panicsTravel(t, func(in ints, leave func()) ints {
		return balanced(through[int], func(in ints) ints {
			return flow.Concat(flow.Map(flow.Of(1), func(v int) int {
				leave()
				return v
			}), in)
		})(in)
	})
	held := flow.Flow[*flowHeld, *flowHeld](through[*flowHeld])
	holds(t, func(in flow.Source[*flowHeld]) flow.Source[*flowHeld] {
		return flow.Balance(in, held, held, flow.Async[*flowHeld])
	})
}

func TestNoValueWaitsForASlowFlowWhileAnotherIsFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		work := func(in ints) ints { return flow.TryMap(in, lasting) }
		// 10 s beside five times 2 s.
		_, err := flow.Collect(t.Context(), flow.Balance(flow.Of(10, 2, 2, 2, 2, 2), work, work))
		require.NoError(t, err)
		require.Equal(t, 10*time.Second, time.Since(start))
	})
}

func TestBalanceStopsItsInputWhenNoFlowTakesAnyMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		silent := flow.Concat(flow.Of(1, 2), flow.Never[int]())
		values, err := flow.Collect(t.Context(), flow.Balance(silent, taking(1), taking(1)))
		require.NoError(t, err)
		require.ElementsMatch(t, []int{1, 2}, values)
	})
}

func TestFlowThatFailsEndsBalance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failing := func(in ints) ints {
			return flow.TryMap(in, func(context.Context, int) (int, error) { return 0, errTest })
		}
		_, err := flow.Collect(t.Context(), flow.Balance(flow.Concat(flow.Of(1), flow.Never[int]()), failing, failing))
		require.Equal(t, errTest, err)
	})
}

func TestInputOfAFlowInBalanceIsOneShot(t *testing.T) {
	twice := func(in ints) ints { return flow.Concat(in, in) }
	_, err := flow.Collect(t.Context(), flow.Balance(flow.Of(1), twice))
	require.Equal(t, flow.ErrConsumed, err)
}

// drainMerged reads all that comes through the channels, merged by a goroutine for each of them.
func drainMerged(branches []chan int, out chan int) {
	var all sync.WaitGroup
	for _, c := range branches {
		all.Go(func() {
			for v := range c {
				out <- v
			}
		})
	}
	go func() {
		all.Wait()
		close(out)
	}()
	for range out {
	}
}

func BenchmarkBalance(b *testing.B) {
	b.Run("two flows", func(b *testing.B) { benchmark(b, balanced(mapped, mapped)) })
	b.Run("channels", func(b *testing.B) {
		b.ReportAllocs()
		work, out := make(chan int), make(chan int)
		go func() {
			defer close(work)
			for v := range b.N {
				work <- v
			}
		}()
		drainMerged([]chan int{work, work}, out)
	})
}
