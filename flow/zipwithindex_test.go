package flow_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleZipWithIndex() {
	for line, err := range flow.ZipWithIndex(flow.Of("to be", "or not")).All(context.Background()) {
		fmt.Println(line.Index, line.Value, err)
	}
	// Output:
	// 0 to be <nil>
	// 1 or not <nil>
}

func TestZipWithIndexKeepsTheLaws(t *testing.T) {
	keepsTheLaws(t, flow.ZipWithIndex[int], []int{7, 8}, []flow.Indexed[int]{{0, 7}, {1, 8}})
	keepsTheLaws(t, flow.ZipWithIndex[int], nil, nil)
}

func indexes(in ints) ints {
	return flow.Map(flow.ZipWithIndex(in), func(v flow.Indexed[int]) int { return int(v.Index) })
}

func TestZipWithIndexCountsAnewInEveryRun(t *testing.T) {
	in := indexes(flow.Of(5, 5))
	for range 2 {
		got, err := flow.Collect(t.Context(), in)
		require.NoError(t, err)
		require.Equal(t, []int{0, 1}, got)
	}
}

func TestZipWithIndexDoesNotAllocate(t *testing.T) {
	require.Zero(t, allocations(indexes))
}

func BenchmarkZipWithIndex(b *testing.B) { benchmark(b, indexes) }

func TestIndexedHoldsItsValue(t *testing.T) {
	holds(t, func(in flow.Source[*flowHeld]) flow.Source[*flowHeld] {
		return flow.Map(flow.Async(flow.ZipWithIndex(in)), func(x flow.Indexed[*flowHeld]) *flowHeld { return x.Value })
	})
}
