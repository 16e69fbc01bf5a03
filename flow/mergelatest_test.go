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

func ExampleMergeLatest() {
	bids := flow.MergeLatest(flow.Of(100), flow.Of(120))
	fmt.Println(flow.Collect(context.Background(), bids))
	// Output: [[100 120]] <nil>
}

func TestMergeLatestKeepsTheLaws(t *testing.T) {
	alone := func(in ints) flow.Source[[]int] { return flow.MergeLatest(in) }
	keepsTheLaws(t, alone, []int{1, 2}, [][]int{{1}, {2}})
	second := func(in ints) flow.Source[int] {
		return flow.Map(flow.MergeLatest(in, flow.Of(7)), func(v []int) int { return v[0] })
	}
	keepsTheLaws(t, second, []int{1, 2, 3}, []int{1, 2, 3}, flowtest.Lossy())
	keepsTheLaws(t, func(in ints) flow.Source[[]int] { return flow.MergeLatest(in, flow.Empty[int]()) }, []int{1, 2}, nil)
	sourceKeepsTheLaws(t, func() flow.Source[[]int] { return flow.MergeLatest[int]() }, nil)
	holds(t, func(in flow.Source[*flowHeld]) flow.Source[*flowHeld] {
		return flow.Map(flow.MergeLatest(in, in), func(v []*flowHeld) *flowHeld { return v[0] })
	})
}

func TestMergeLatestGivesTheLatestOfAllUntilAllAreComplete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := paced(time.Second, 1, 2), paced(1500*time.Millisecond, 3, 4, 5)
		values, err := flow.Collect(t.Context(), flow.MergeLatest(a, b))
		require.NoError(t, err)
		require.Equal(t, [][]int{{1, 3}, {2, 3}, {2, 4}, {2, 5}}, values)
	})
}

func TestMergeLatestFailsWithTheFirstError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, err := flow.Collect(t.Context(), flow.MergeLatest(flow.Never[int](), flow.Fail[int](errTest)))
		require.Equal(t, errTest, err)
	})
}

func BenchmarkMergeLatest(b *testing.B) {
	benchmark(b, func(in ints) ints {
		return flow.Map(flow.MergeLatest(in, flow.Of(1)), func(v []int) int { return v[0] })
	})
}
