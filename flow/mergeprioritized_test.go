package flow_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
)

func ExampleMergePrioritized() {
	paying, free := flow.Of("a", "b", "c"), flow.Empty[string]()
	served := flow.MergePrioritized(
		flow.Prioritized[string]{Source: paying, Priority: 10},
		flow.Prioritized[string]{Source: free, Priority: 1},
	)
	fmt.Println(flow.Collect(context.Background(), served))
	// Output: [a b c] <nil>
}

func prioritized(first, second ints, a, b int) ints {
	return flow.MergePrioritized(flow.Prioritized[int]{first, a}, flow.Prioritized[int]{second, b})
}

func TestMergePrioritizedKeepsTheLaws(t *testing.T) {
	keepsTheLaws(t, func(in ints) ints { return prioritized(in, flow.Of(7, 8), 1, 3) }, []int{1, 2}, []int{1, 2, 7, 8}, flowtest.Unordered())
	keepsTheLaws(t, func(in ints) ints { return prioritized(flow.Empty[int](), in, 3, 1) }, []int{1, 2}, []int{1, 2})
	sourceKeepsTheLaws(t, func() ints { return flow.MergePrioritized[int]() }, nil)
	holds(t, func(in flow.Source[*flowHeld]) flow.Source[*flowHeld] {
		return flow.MergePrioritized(flow.Prioritized[*flowHeld]{in, 1}, flow.Prioritized[*flowHeld]{in, 2})
	})
}

func TestSharesAreAsLargeAsThePriorities(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ones, twos := flow.Of(1, 1, 1, 1, 1, 1, 1), after(time.Millisecond, flow.Of(2, 2, 2))
		// The first one comes alone; of the next four, three are ones.
		require.Equal(t, []int{1, 1, 1, 2, 1, 1, 1, 2, 1, 2}, slowly(t, prioritized(ones, twos, 3, 1)))
	})
}

func TestMergePrioritizedNeedsPriorities(t *testing.T) {
	require.Panics(t, func() { prioritized(flow.Of(1), flow.Of(2), 1, 0) })
}

func BenchmarkMergePrioritized(b *testing.B) {
	benchmark(b, func(in ints) ints { return prioritized(in, in, 2, 1) })
}
