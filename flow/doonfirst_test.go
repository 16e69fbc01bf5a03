package flow_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleDoOnFirst() {
	names := flow.DoOnFirst(flow.Of("Ada", "Grace"), func(name string) { fmt.Println("first is", name) })
	fmt.Println(flow.Collect(context.Background(), names))
	// Output:
	// first is Ada
	// [Ada Grace] <nil>
}

func TestDoOnFirstKeepsTheLaws(t *testing.T) {
	f := func(in ints) ints { return flow.DoOnFirst(in, func(int) {}) }
	keepsTheLaws(t, f, []int{1, 2, 3}, []int{1, 2, 3})
	keepsTheLaws(t, f, nil, nil)
	panicsTravel(t, func(in ints, leave func()) ints { return flow.DoOnFirst(in, func(int) { leave() }) })
}

func TestDoOnFirstIsToldOfOneValueInEveryRun(t *testing.T) {
	var order []string
	in := flow.DoOnFirst(flow.Of(1, 2), func(v int) { order = append(order, fmt.Sprint("first ", v)) })
	for range 2 {
		require.NoError(t, in.Run(t.Context(), func(v int) error {
			order = append(order, fmt.Sprint(v))
			return nil
		}))
	}
	require.Equal(t, []string{"first 1", "1", "2", "first 1", "1", "2"}, order)
}

func TestDoOnFirstOfAnEmptyStreamIsNotTold(t *testing.T) {
	_, err := flow.Collect(t.Context(), flow.DoOnFirst(flow.Empty[int](), func(int) { t.Error("told") }))
	require.NoError(t, err)
}

func TestDoOnFirstDoesNotAllocate(t *testing.T) {
	require.Zero(t, allocations(func(in ints) ints { return flow.DoOnFirst(in, func(int) {}) }))
}

func BenchmarkDoOnFirst(b *testing.B) {
	benchmark(b, func(in ints) ints { return flow.DoOnFirst(in, func(int) {}) })
}
