package flow_test

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleGrouped() {
	fmt.Println(flow.Collect(context.Background(), flow.Grouped(flow.Of(1, 2, 3, 4, 5), 2)))
	// Output: [[1 2] [3 4] [5]] <nil>
}

func ExampleGroupedWeighted() {
	lines := flow.Of("to", "be", "or", "not to be", "!")
	packets := flow.GroupedWeighted(lines, 4, func(line string) int { return len(line) })
	fmt.Printf("%q\n", first(flow.Collect(context.Background(), packets)))
	// Output: [["to" "be"] ["or"] ["not to be"] ["!"]]
}

func TestGroupedKeepsTheLaws(t *testing.T) {
	by := func(n int) flow.Flow[int, []int] {
		return func(in ints) flow.Source[[]int] { return flow.Grouped(in, n) }
	}
	keepsTheLaws(t, by(2), []int{1, 2, 3, 4}, [][]int{{1, 2}, {3, 4}})
	keepsTheLaws(t, by(2), []int{1, 2, 3}, [][]int{{1, 2}, {3}})
	keepsTheLaws(t, by(5), []int{1, 2}, [][]int{{1, 2}})
	keepsTheLaws(t, by(1), []int{1, 2}, [][]int{{1}, {2}})
	keepsTheLaws(t, by(math.MaxInt), []int{1, 2}, [][]int{{1, 2}})
	keepsTheLaws(t, by(2), nil, nil)
}

func TestGroupedWeightedKeepsTheLaws(t *testing.T) {
	by := func(limit int) flow.Flow[int, []int] {
		return func(in ints) flow.Source[[]int] { return flow.GroupedWeighted(in, limit, itself) }
	}
	keepsTheLaws(t, by(4), []int{2, 1, 4, 5, 1}, [][]int{{2, 1}, {4}, {5}, {1}})
	keepsTheLaws(t, by(4), []int{2, 0, 2, 0, 3}, [][]int{{2, 0, 2}, {0, 3}})
	keepsTheLaws(t, by(4), []int{3, 9, 1}, [][]int{{3}, {9}, {1}})
	keepsTheLaws(t, by(4), []int{1, math.MaxInt, 2}, [][]int{{1}, {math.MaxInt}, {2}})
	keepsTheLaws(t, by(4), nil, nil)
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.MapConcat(flow.GroupedWeighted(in, 2, func(int) int {
			leave()
			return 1
		}), flat)
	})
}

func flat[T any](group []T) []T { return group }

func TestGroupedHoldsItsValuesUntilTheGroupIsDone(t *testing.T) {
	type held = flow.Source[*flowHeld]
	for n := 1; n < 6; n++ {
		holds(t, func(in held) held { return flow.MapConcat(flow.Grouped(in, n), flat) })
	}
	holds(t, func(in held) held {
		return flow.MapConcat(flow.GroupedWeighted(in, 3, func(v *flowHeld) int { return v.N }), flat)
	})
}

func TestGroupedReleasesWhatItHeldWhateverBecomesOfTheGroup(t *testing.T) {
	type held = flow.Source[*flowHeld]
	holds(t, func(in held) held {
		return flow.MapConcat(flow.Grouped(in, 2), func(group []*flowHeld) []*flowHeld {
			last := group[len(group)-1:]
			one := []*flowHeld{last[0]}
			clear(group)
			return one
		})
	})
}

func TestGroupedDropsAnUnfinishedGroupWhenItsInputFails(t *testing.T) {
	got, err := flow.Collect(t.Context(), flow.Grouped(flow.Concat(flow.Of(1, 2, 3), flow.Fail[int](errTest)), 2))
	require.Equal(t, errTest, err)
	require.Equal(t, [][]int{{1, 2}}, got)
}

func TestGroupedGivesAwayItsSlices(t *testing.T) {
	got, err := flow.Collect(t.Context(), flow.Map(flow.Grouped(flow.Of(1, 2, 3, 4, 5), 2), func(group []int) []int {
		return append(group, 0)
	}))
	require.NoError(t, err)
	require.Equal(t, [][]int{{1, 2, 0}, {3, 4, 0}, {5, 0}}, got)
}

func TestGroupedOfNothingPanics(t *testing.T) {
	require.PanicsWithValue(t, "flow: Grouped with a size of less than 1", func() { flow.Grouped(flow.Of(1), 0) })
	require.PanicsWithValue(t, "flow: GroupedWeighted with a limit of less than 1", func() {
		flow.GroupedWeighted(flow.Of(1), 0, itself)
	})
}

func TestGroupedWeightedEndsWithAPanicAtANegativeWeight(t *testing.T) {
	require.Panics(t, func() { _, _ = flow.Collect(t.Context(), flow.GroupedWeighted(flow.Of(-1), 3, itself)) })
}

func TestGroupedWeightedDoesNotEmitWhenCancelledBetweenTwoGroups(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	var got [][]int
	err := flow.GroupedWeighted(flow.Of(1, 9), 4, itself).Run(ctx, func(group []int) error {
		got = append(got, group)
		cancel(errTest)
		return nil
	})
	require.Equal(t, errTest, err)
	require.Equal(t, [][]int{{1}}, got)
}

func grouping(in ints) ints {
	return flow.Map(flow.Grouped(in, 10), func(group []int) int { return len(group) })
}

func TestGroupedAllocatesOnceAGroup(t *testing.T) {
	require.EqualValues(t, 999, allocations(grouping))
}

func BenchmarkGrouped(b *testing.B) { benchmark(b, grouping) }

func BenchmarkGroupedWeighted(b *testing.B) {
	benchmark(b, func(in ints) ints {
		return flow.Map(flow.GroupedWeighted(in, 10, func(int) int { return 1 }), func(group []int) int { return len(group) })
	})
}
