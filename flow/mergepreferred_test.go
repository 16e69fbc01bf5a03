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

func ExampleMergePreferred() {
	alarms, news := flow.Of("fire"), flow.Empty[string]()
	fmt.Println(flow.Collect(context.Background(), flow.MergePreferred(alarms, news)))
	// Output: [fire] <nil>
}

func TestMergePreferredKeepsTheLaws(t *testing.T) {
	keepsTheLaws(t, func(in ints) ints { return flow.MergePreferred(in) }, []int{1, 2, 3}, []int{1, 2, 3})
	keepsTheLaws(t, func(in ints) ints {
		return flow.MergePreferred(in, flow.Of(7, 8), flow.Empty[int]())
	}, []int{1, 2}, []int{1, 2, 7, 8}, flowtest.Unordered())
	keepsTheLaws(t, func(in ints) ints {
		return flow.MergePreferred(flow.Of(7, 8), in)
	}, []int{1, 2}, []int{1, 2, 7, 8}, flowtest.Unordered())
	holds(t, func(in flow.Source[*flowHeld]) flow.Source[*flowHeld] {
		return flow.MergePreferred(flow.Empty[*flowHeld](), in)
	})
}

func TestPreferredSourceGoesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		preferred := after(time.Millisecond, flow.Of(1, 2, 3))
		values := slowly(t, flow.MergePreferred(preferred, flow.Of(10, 11)))
		require.Equal(t, []int{10, 1, 2, 3, 11}, values)
	})
}

func TestOthersOfMergePreferredTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := after(time.Millisecond, flow.Of(0, 1))
		values := slowly(t, flow.MergePreferred(first, flow.Of(10, 10, 10, 10), after(time.Millisecond, flow.Of(20, 20, 20, 20))))
		require.Equal(t, []int{10, 0, 1, 20, 10, 20, 10, 20, 10, 20}, values)
	})
}

func TestErrorDoesNotOvertakeInMergePreferred(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failing := flow.Concat(flow.Of(10, 11), flow.Fail[int](errTest))
		values, err := flow.Collect(t.Context(), flow.MergePreferred(flow.Never[int](), failing))
		require.Equal(t, errTest, err)
		require.Equal(t, []int{10, 11}, values)
	})
}

func BenchmarkMergePreferred(b *testing.B) {
	benchmark(b, func(in ints) ints { return flow.MergePreferred(in, in) })
}
