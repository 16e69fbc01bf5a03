package flow_test

import (
	"context"
	"fmt"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
)

func ExampleFlatMapMerge() {
	pages := func(topic string) flow.Source[int] { // of a service, say
		return flow.Of(len(topic), 1)
	}
	counts := flow.FlatMapMerge(flow.Of("tea", "coffee"), 8, pages)
	fmt.Println(flow.Fold(0, func(sum, v int) int { return sum + v }).Run(context.Background(), counts))
	// Output: 11 <nil>
}

func TestFlatMapMergeKeepsTheLaws(t *testing.T) {
	for name, f := range nestedShapes {
		for _, breadth := range []int{1, 2, math.MaxInt} {
			t.Run(fmt.Sprintf("%s, %d", name, breadth), func(t *testing.T) {
				t.Parallel()
				keepsTheLaws(t, func(in ints) ints {
					return flow.FlatMapMerge(in, breadth, f)
				}, []int{1, 2, 3}, []int{1, 10, 2, 20, 3, 30}, flowtest.Unordered())
			})
		}
	}
	for _, breadth := range []int{1, 3} {
		panicsTravel(t, func(in ints, leave func()) ints {
			return flow.FlatMapMerge(in, breadth, func(v int) ints {
				leave()
				return flow.Of(v)
			})
		})
		panicsTravel(t, func(in ints, leave func()) ints {
			return flow.FlatMapMerge(in, breadth, func(v int) ints { return leaving(leave)(flow.Of(v)) })
		})
	}
}

func TestFlatMapMergeKeepsItsBreadth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		values, err := flow.Collect(t.Context(), flow.FlatMapMerge(flow.Of(5, 1, 2, 3), 2, secondsOf))
		require.NoError(t, err)
		require.Equal(t, []int{1, 2, 5, 3}, values) // 2 begins after 1, 3 after 2
		require.Equal(t, 6*time.Second, time.Since(start))
	})
}

func TestFlatMapMergeFailsWithTheFirstErrorAndCancelsTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		in := flow.Concat(flow.Of(60, 1), flow.Never[int]())
		values, err := flow.Collect(t.Context(), flow.FlatMapMerge(in, 3, func(v int) ints {
			return flow.TryMap(secondsOf(v), func(context.Context, int) (int, error) { return 0, errTest })
		}))
		require.Equal(t, errTest, err)
		require.Empty(t, values)
		require.Equal(t, time.Second, time.Since(start))
	})
}

func TestFlatMapMergeNeedsBreadth(t *testing.T) {
	require.Panics(t, func() { flow.FlatMapMerge(flow.Of(1), 0, secondsOf) })
}

func BenchmarkFlatMapMerge(b *testing.B) {
	one := flow.Of(1)
	b.Run("value", func(b *testing.B) {
		benchmark(b, func(in ints) ints { return flow.FlatMapMerge(flow.Of(1), 8, func(int) ints { return in }) })
	})
	for _, breadth := range []int{1, 8} {
		b.Run(fmt.Sprint("source, ", breadth), func(b *testing.B) {
			benchmark(b, func(in ints) ints { return flow.FlatMapMerge(in, breadth, func(int) ints { return one }) })
		})
	}
}
