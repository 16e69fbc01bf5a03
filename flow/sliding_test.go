package flow_test

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleSliding() {
	fmt.Println(flow.Collect(context.Background(), flow.Sliding(flow.Of(1, 2, 3, 4, 5, 6), 3, 2)))
	// Output: [[1 2 3] [3 4 5] [5 6]] <nil>
}

func TestSlidingKeepsTheLaws(t *testing.T) {
	for _, c := range []struct {
		n, step int
		in      []int
		want    [][]int
	}{
		{3, 1, []int{1, 2, 3, 4}, [][]int{{1, 2, 3}, {2, 3, 4}}},
		{3, 1, []int{1, 2, 3}, [][]int{{1, 2, 3}}},
		{3, 1, []int{1, 2}, [][]int{{1, 2}}},
		{3, 2, []int{1, 2, 3, 4}, [][]int{{1, 2, 3}, {3, 4}}},
		{3, 2, []int{1, 2, 3, 4, 5}, [][]int{{1, 2, 3}, {3, 4, 5}}},
		{2, 2, []int{1, 2, 3}, [][]int{{1, 2}, {3}}},
		{2, 3, []int{1, 2, 3}, [][]int{{1, 2}}},
		{2, 3, []int{1, 2, 3, 4}, [][]int{{1, 2}, {4}}},
		{2, 4, []int{1, 2, 3, 4, 5, 6}, [][]int{{1, 2}, {5, 6}}},
		{1, 1, []int{1, 2}, [][]int{{1}, {2}}},
		{2, math.MaxInt, []int{1, 2, 3}, [][]int{{1, 2}}},
		{math.MaxInt, 1, []int{1, 2, 3}, [][]int{{1, 2, 3}}},
		{3, 1, nil, nil},
	} {
		t.Run(fmt.Sprint(c.n, c.step, len(c.in)), func(t *testing.T) {
			keepsTheLaws(t, func(in ints) flow.Source[[]int] { return flow.Sliding(in, c.n, c.step) }, c.in, c.want)
		})
	}
}

func TestSlidingHoldsItsValuesUntilTheLastWindowIsDone(t *testing.T) {
	type held = flow.Source[*flowHeld]
	for n := 1; n < 5; n++ {
		for step := 1; step < 5; step++ {
			holds(t, func(in held) held { return flow.MapConcat(flow.Sliding(in, n, step), flat) })
		}
	}
	holds(t, func(in held) held {
		return flow.MapConcat(flow.Sliding(in, 2, 1), func(window []*flowHeld) []*flowHeld {
			one := []*flowHeld{window[0]}
			clear(window)
			return one
		})
	})
}

func TestSlidingDropsAnUnfinishedWindowWhenItsInputFails(t *testing.T) {
	got, err := flow.Collect(t.Context(), flow.Sliding(flow.Concat(flow.Of(1, 2, 3), flow.Fail[int](errTest)), 2, 2))
	require.Equal(t, errTest, err)
	require.Equal(t, [][]int{{1, 2}}, got)
}

func TestSlidingGivesAwayItsSlices(t *testing.T) {
	got, err := flow.Collect(t.Context(), flow.Map(flow.Sliding(flow.Of(1, 2, 3), 2, 1), func(window []int) []int {
		window[1] = -window[1]
		return append(window, 0)
	}))
	require.NoError(t, err)
	require.Equal(t, [][]int{{1, -2, 0}, {2, -3, 0}}, got)
}

// heedless completes, whatever has become of the run meanwhile.
func heedless(values ...int) ints {
	return flow.NewSource("heedless", func(_ context.Context, emit func(int) error, end func(error)) {
		flow.Guard(end, func() error {
			for _, v := range values {
				if err := emit(v); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

func TestUnfinishedWindowOrGroupOfACancelledRunIsDropped(t *testing.T) {
	for _, in := range []flow.Source[[]int]{
		flow.Sliding(heedless(1, 2, 3), 2, 2),
		flow.Grouped(heedless(1, 2, 3), 2),
	} {
		ctx, cancel := context.WithCancelCause(t.Context())
		var got [][]int
		err := in.Run(ctx, func(values []int) error {
			got = append(got, values)
			cancel(errTest)
			return nil
		})
		require.Equal(t, errTest, err)
		require.Equal(t, [][]int{{1, 2}}, got)
	}
}

func TestSlidingOfNothingPanics(t *testing.T) {
	for _, c := range [][2]int{{0, 1}, {1, 0}, {-1, -1}} {
		require.PanicsWithValue(t, "flow: Sliding with a size or a step of less than 1", func() {
			flow.Sliding(flow.Of(1), c[0], c[1])
		})
	}
}

func sliding(n, step int) flow.Flow[int, int] {
	return func(in ints) ints {
		return flow.Map(flow.Sliding(in, n, step), func(window []int) int { return len(window) })
	}
}

func TestSlidingAllocatesOnceAWindow(t *testing.T) {
	require.EqualValues(t, 999, allocations(sliding(10, 10)))
	require.EqualValues(t, 9990, allocations(sliding(10, 1)))
}

func BenchmarkSliding(b *testing.B) {
	b.Run("overlapping", func(b *testing.B) { benchmark(b, sliding(10, 1)) })
	b.Run("apart", func(b *testing.B) { benchmark(b, sliding(10, 20)) })
}
