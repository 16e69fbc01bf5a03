package flow_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
)

func ExamplePartition() {
	choose := func(v int) int { return v % 2 }
	odd := func(in flow.Source[int]) flow.Source[int] { return flow.Map(in, func(v int) int { return 10 * v }) }
	same := func(in flow.Source[int]) flow.Source[int] { return in }
	fmt.Println(flow.Collect(context.Background(), flow.Partition(flow.Of(1, 2, 3, 4), choose, same, odd)))
	// Output: [10 2 30 4] <nil>
}

func parted(flows ...flow.Flow[int, int]) flow.Flow[int, int] {
	return func(in ints) ints { return flow.Partition(in, func(v int) int { return v % 2 }, flows...) }
}

func TestPartitionKeepsTheLaws(t *testing.T) {
	in := []int{1, 2, 3, 4}
	keepsTheLaws(t, parted(through[int], through[int]), in, in)
	keepsTheLaws(t, parted(), in, nil)
	keepsTheLaws(t, parted(flow.Async[int], mapAsync[int](2)), in, in, flowtest.Unordered())
	keepsTheLaws(t, parted(taking(1), through[int]), in, []int{1, 2, 3})
	keepsTheLaws(t, parted(taking(1), taking(1)), in, []int{1, 2})
	keepsTheLaws(t, parted(starting(7), ignoring(8)), in, []int{7, 8, 2, 4})
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.Partition(in, func(int) int {
			leave()
			return 0
		}, through[int])
	})
	holds(t, func(in flow.Source[*flowHeld]) flow.Source[*flowHeld] {
		return flow.Partition(in, func(h *flowHeld) int { return h.N % 2 }, through[*flowHeld], flow.Async[*flowHeld])
	})
}

func TestPartitionWithoutAFlowForANumberPanics(t *testing.T) {
	for _, n := range []int{-1, 2} {
		require.PanicsWithError(t, fmt.Sprintf("flow: panic: flow: Partition chose flow %d of 2", n), func() {
			_, _ = flow.Collect(t.Context(), flow.Partition(flow.Of(1), func(int) int { return n }, through[int], through[int]))
		})
	}
}

func TestPartitionStopsItsInputWhenNoFlowTakesAnyMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		values, err := flow.Collect(t.Context(), parted(taking(1), taking(1))(flow.Concat(flow.Of(1, 3, 2), flow.Never[int]())))
		require.NoError(t, err)
		require.Equal(t, []int{1, 2}, values)
	})
}

func BenchmarkPartition(b *testing.B) { benchmark(b, parted(mapped, mapped)) }
