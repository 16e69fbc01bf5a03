package flow_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleDropWhile() {
	fmt.Println(flow.Collect(context.Background(), flow.DropWhile(flow.Of(1, 2, 3, 1), below(3))))
	// Output: [3 1] <nil>
}

func TestDropWhileKeepsTheLaws(t *testing.T) {
	f := func(in ints) ints { return flow.DropWhile(in, below(3)) }
	keepsTheLaws(t, f, []int{1, 2, 3, 0}, []int{3, 0})
	keepsTheLaws(t, f, []int{1, 2}, nil)
	keepsTheLaws(t, f, []int{3, 1}, []int{3, 1})
	keepsTheLaws(t, f, nil, nil)
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.DropWhile(in, func(int) bool {
			leave()
			return true
		})
	})
}

func TestDropWhileStartsAnewInEveryRun(t *testing.T) {
	in := flow.DropWhile(flow.Of(1, 3, 1), below(3))
	for range 2 {
		got, err := flow.Collect(t.Context(), in)
		require.NoError(t, err)
		require.Equal(t, []int{3, 1}, got)
	}
}

func TestDropWhileDoesNotAllocate(t *testing.T) {
	require.Zero(t, allocations(func(in ints) ints { return flow.DropWhile(in, below(3)) }))
}

func BenchmarkDropWhile(b *testing.B) {
	benchmark(b, func(in ints) ints { return flow.DropWhile(in, below(3)) })
}
