package flow_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
)

func ExampleGroupedWithin() {
	rows := flow.GroupedWithin(flow.Of(1, 2, 3, 4, 5), 2, time.Second)
	fmt.Println(flow.Collect(context.Background(), rows))
	// Output: [[1 2] [3 4] [5]] <nil>
}

func ExampleGroupedWeightedWithin() {
	frames := flow.Of("a", "bc", "def", "ghijkl", "m")
	packets := flow.GroupedWeightedWithin(frames, 4, time.Second, func(s string) int { return len(s) })
	fmt.Println(flow.Collect(context.Background(), packets))
	// Output: [[a bc] [def] [ghijkl] [m]] <nil>
}

func groupedIn(n int, d time.Duration) flow.Flow[int, []int] {
	return func(in ints) flow.Source[[]int] { return flow.GroupedWithin(in, n, d) }
}

// regrouped takes the groups apart again.
func regrouped[T any](n int, d time.Duration) flow.Flow[T, T] {
	return func(in flow.Source[T]) flow.Source[T] {
		return flow.MapConcat(flow.GroupedWithin(in, n, d), func(group []T) []T { return group })
	}
}

// groupsEarly leaves out what is checked by taking the groups apart again: an input that fails makes a group smaller.
var groupsEarly = flowtest.Except(flowtest.Failure, flowtest.Panics)

func TestGroupedWithinKeepsTheLaws(t *testing.T) {
	keepsTheLaws(t, groupedIn(2, aLongTime), []int{1, 2, 3, 4, 5}, [][]int{{1, 2}, {3, 4}, {5}}, groupsEarly)
	keepsTheLaws(t, groupedIn(2, aLongTime), []int{1, 2, 3, 4}, [][]int{{1, 2}, {3, 4}}, groupsEarly)
	keepsTheLaws(t, groupedIn(2, aLongTime), nil, nil)
	keepsTheLaws(t, groupedIn(10, time.Millisecond), []int{1}, [][]int{{1}})
	for _, d := range []time.Duration{time.Nanosecond, aLongTime} {
		keepsTheLaws(t, regrouped[int](2, d), []int{1, 2, 3, 4, 5}, []int{1, 2, 3, 4, 5})
		holds(t, regrouped[*flowHeld](3, d))
	}
}

func TestGroupedWeightedWithinKeepsTheLaws(t *testing.T) {
	keepsTheLaws(t, func(in ints) flow.Source[[]int] {
		return flow.GroupedWeightedWithin(in, 4, aLongTime, func(v int) int { return v })
	}, []int{1, 2, 3, 9, 4, 0}, [][]int{{1, 2}, {3}, {9}, {4}, {0}}, groupsEarly)
	panicsTravel(t, func(in ints, leave func()) ints {
		groups := flow.GroupedWeightedWithin(in, 4, aLongTime, func(int) int { leave(); return 1 })
		return flow.MapConcat(groups, func(group []int) []int { return group })
	})
}

func TestGroupIsEmittedAtItsTime(t *testing.T) {
	// d counts from the first value of the group, and there is no empty group.
	draws(t, groupedIn(2, 6*time.Second)(script("1@2 2@4 3@5 4@20 5@24 6@25 |27")), "[1 2]@4 [3]@11 [4 5]@24 [6]@27 |27")
	draws(t, groupedIn(9, 6*time.Second)(script("1@2 2@4 3@9 4@10 |40")), "[1 2]@8 [3 4]@15 |40")
}

func TestGroupIsEmittedBeforeAnError(t *testing.T) {
	require.Equal(t, errTest, endOf(t, groupedIn(9, 6*time.Second)(script("1@2 2@4 X5")), "[1 2]@5 X5"))
}

func TestGroupWaitsForTheOneBeforeIt(t *testing.T) {
	draws(t, groupedIn(2, 6*time.Second)(script("1@2 2@3 3@4 4@12 |30")), "[1 2]@3 [3 4]@13 |30", 10)
}

func TestGroupsByWeight(t *testing.T) {
	weighed := flow.GroupedWeightedWithin(script("1@2 1@4 3@6 9@7 0@8 2@9 |30"), 4, 6*time.Second, func(v int) int { return v })
	draws(t, weighed, "[1 1]@6 [3]@7 [9]@7 [0 2]@14 |30")
}

func TestGroupBelongsToWhoeverGetsIt(t *testing.T) {
	groups, err := flow.Collect(t.Context(), groupedIn(100, aLongTime)(flow.FromSeq(upTo(1000))))
	require.NoError(t, err)
	for i, group := range groups {
		for j, v := range group {
			require.Equal(t, 100*i+j, v)
		}
	}
}

func TestGroupedWithinChecksItsArguments(t *testing.T) {
	require.Panics(t, func() { groupedIn(0, time.Second)(flow.Of(1)) })
	require.Panics(t, func() { groupedIn(1, 0)(flow.Of(1)) })
	require.Panics(t, func() { flow.GroupedWeightedWithin(flow.Of(1), 0, time.Second, func(int) int { return 1 }) })
	negative := flow.GroupedWeightedWithin(flow.Of(1), 1, time.Second, func(int) int { return -1 })
	require.Panics(t, func() { _, _ = flow.Collect(t.Context(), negative) })
}

func BenchmarkGroupedWithin(b *testing.B) { benchmark(b, regrouped[int](32, time.Second)) }

func BenchmarkGroupedWeightedWithin(b *testing.B) {
	benchmark(b, func(in ints) ints {
		groups := flow.GroupedWeightedWithin(in, 32, time.Second, func(int) int { return 1 })
		return flow.MapConcat(groups, func(group []int) []int { return group })
	})
}
