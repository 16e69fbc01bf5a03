package flow_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleLimit() {
	values, err := flow.Collect(context.Background(), flow.Limit(flow.Of(1, 2, 3, 4), 2))
	fmt.Println(values, err, errors.Is(err, flow.ErrLimit))
	// Output: [1 2] flow: limit exceeded: more than 2 values true
}

func ExampleLimitWeighted() {
	upload := flow.LimitWeighted(flow.Of("some", "chunks", "of text"), 10, func(chunk string) int { return len(chunk) })
	fmt.Println(flow.Collect(context.Background(), upload))
	// Output: [some chunks] flow: limit exceeded: more than 10 in weight
}

func TestLimitKeepsTheLaws(t *testing.T) {
	for _, n := range []int{3, 5} {
		keepsTheLaws(t, func(in ints) ints { return flow.Limit(in, n) }, []int{1, 2, 3}, []int{1, 2, 3})
	}
	keepsTheLaws(t, func(in ints) ints { return flow.Limit(in, 0) }, nil, nil)
}

func TestLimitWeightedKeepsTheLaws(t *testing.T) {
	keepsTheLaws(t, func(in ints) ints { return flow.LimitWeighted(in, 6, itself) }, []int{1, 2, 3, 0}, []int{1, 2, 3, 0})
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.LimitWeighted(in, 5, func(int) int {
			leave()
			return 1
		})
	})
}

func TestLimitFailsWhenMoreComes(t *testing.T) {
	for _, c := range []struct {
		in   ints
		want []int
	}{
		{flow.Limit(flow.Of(1, 2, 3), 2), []int{1, 2}},
		{flow.Limit(flow.Of(1, 2, 3), 0), nil},
		{flow.LimitWeighted(flow.Of(1, 2, 3), 3, itself), []int{1, 2}},
		{flow.LimitWeighted(flow.Of(3, math.MaxInt), 3, itself), []int{3}},
		{flow.LimitWeighted(flow.Of(0, 1), 0, itself), []int{0}},
	} {
		got, err := flow.Collect(t.Context(), c.in)
		require.ErrorIs(t, err, flow.ErrLimit)
		require.Equal(t, c.want, got)
	}
}

func TestNegativeLimitPanics(t *testing.T) {
	require.PanicsWithValue(t, "flow: Limit with a negative number", func() { flow.Limit(flow.Of(1), -1) })
	require.PanicsWithValue(t, "flow: LimitWeighted with a negative limit", func() { flow.LimitWeighted(flow.Of(1), -1, itself) })
}

func TestLimitWeightedEndsWithAPanicAtANegativeWeight(t *testing.T) {
	require.Panics(t, func() { _, _ = flow.Collect(t.Context(), flow.LimitWeighted(flow.Of(-1), 3, itself)) })
}

func TestLimitDoesNotAllocate(t *testing.T) {
	require.Zero(t, allocations(func(in ints) ints { return flow.Limit(in, 1<<20) }))
	require.Zero(t, allocations(func(in ints) ints { return flow.LimitWeighted(in, 1<<30, itself) }))
}

func BenchmarkLimit(b *testing.B) {
	benchmark(b, func(in ints) ints { return flow.Limit(in, b.N) })
}

func BenchmarkLimitWeighted(b *testing.B) {
	benchmark(b, func(in ints) ints { return flow.LimitWeighted(in, math.MaxInt, itself) })
}
