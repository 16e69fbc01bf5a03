package flow_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleMergeSorted() {
	fmt.Println(flow.Collect(context.Background(), flow.MergeSorted(cmp.Compare[int], flow.Of(1, 4, 5), flow.Of(2, 3, 6))))
	// Output: [1 2 3 4 5 6] <nil>
}

func sortedWith(others ...ints) flow.Flow[int, int] {
	return func(in ints) ints { return flow.MergeSorted(cmp.Compare[int], append([]ints{in}, others...)...) }
}

func TestMergeSortedKeepsTheLaws(t *testing.T) {
	keepsTheLaws(t, sortedWith(flow.Of(2, 3, 6)), []int{1, 4, 5}, []int{1, 2, 3, 4, 5, 6})
	keepsTheLaws(t, sortedWith(flow.Of(7), flow.Empty[int]()), []int{1, 2}, []int{1, 2, 7})
	keepsTheLaws(t, sortedWith(), []int{1, 2}, []int{1, 2})
	sourceKeepsTheLaws(t, func() ints { return flow.MergeSorted(cmp.Compare[int]) }, nil)
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.MergeSorted(func(int, int) int {
			leave()
			return 0
		}, in, in)
	})
	holds(t, func(in flow.Source[*flowHeld]) flow.Source[*flowHeld] {
		return flow.MergeSorted(func(a, b *flowHeld) int { return cmp.Compare(a.N, b.N) }, in, flow.Empty[*flowHeld]())
	})
}

func TestMergeSortedSortsTheFirstSourceFirst(t *testing.T) {
	byTens := func(a, b int) int { return cmp.Compare(a/10, b/10) }
	values, err := flow.Collect(t.Context(), flow.MergeSorted(byTens, flow.Of(11, 12, 21), flow.Of(13, 22), flow.Of(1, 14, 31)))
	require.NoError(t, err)
	require.Equal(t, []int{1, 11, 12, 13, 14, 21, 22, 31}, values)
}

func TestMergeSortedOfManyValues(t *testing.T) {
	every := func(n, from int) ints {
		return flow.Filter(flow.FromSeq(upTo(3000)), func(v int) bool { return v%n == from })
	}
	values, err := flow.Collect(t.Context(), flow.MergeSorted(cmp.Compare[int], every(3, 0), every(3, 1), every(3, 2)))
	require.NoError(t, err)
	require.Len(t, values, 3000)
	require.True(t, slices.IsSorted(values))
}

func TestMergeSortedWaitsForEverySource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		err := sortedWith(after(time.Second, flow.Of(3)))(flow.Of(1, 2)).Run(t.Context(), func(int) error {
			require.Equal(t, time.Second, time.Since(start))
			return nil
		})
		require.NoError(t, err)
	})
}

func TestMergeSortedFailsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		values, err := flow.Collect(t.Context(), sortedWith(flow.Concat(flow.Of(2), flow.Fail[int](errTest)))(flow.Concat(flow.Of(1, 5), flow.Never[int]())))
		require.Equal(t, errTest, err)
		require.Equal(t, []int{1, 2}, values)
	})
}

func TestMergeSortedNeedsAComparison(t *testing.T) {
	require.Panics(t, func() { flow.MergeSorted(nil, flow.Of(1)) })
}

func BenchmarkMergeSorted(b *testing.B) {
	benchmark(b, func(in ints) ints { return flow.MergeSorted(cmp.Compare[int], in, in) })
}
