package flow_test

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleTakeLast() {
	fmt.Println(flow.Collect(context.Background(), flow.TakeLast(flow.Of(1, 2, 3, 4), 2)))
	// Output: [3 4] <nil>
}

func lastOf[T any](n int) flow.Flow[T, T] {
	return func(in flow.Source[T]) flow.Source[T] { return flow.TakeLast(in, n) }
}

func TestTakeLastKeepsTheLaws(t *testing.T) {
	for _, c := range []struct {
		n        int
		in, want []int
	}{
		{2, []int{1, 2, 3, 4, 5}, []int{4, 5}},
		{3, []int{1, 2, 3, 4, 5}, []int{3, 4, 5}},
		{3, []int{1, 2}, []int{1, 2}},
		{math.MaxInt, []int{1, 2}, []int{1, 2}},
		{2, nil, nil},
		{0, []int{1, 2}, nil},
		{-1, []int{1, 2}, nil},
	} {
		keepsTheLaws(t, lastOf[int](c.n), c.in, c.want)
	}
}

func TestTakeLastHoldsWhatItKeeps(t *testing.T) {
	for _, n := range []int{0, 1, 3, 4, 5} {
		holds(t, lastOf[*flowHeld](n))
	}
}

func TestTakeLastEmitsNothingWhenItsInputFails(t *testing.T) {
	got, err := flow.Collect(t.Context(), flow.TakeLast(flow.Concat(flow.Of(1, 2), flow.Fail[int](errTest)), 2))
	require.Equal(t, errTest, err)
	require.Empty(t, got)
}

func TestTakeLastDoesNotEmitTheRestWhenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	var got []int
	err := flow.TakeLast(flow.Of(1, 2, 3), 2).Run(ctx, func(v int) error {
		got = append(got, v)
		cancel(errTest)
		return nil
	})
	require.Equal(t, errTest, err)
	require.Equal(t, []int{2}, got)
}

func TestTakeLastDoesNotAllocateForEachValue(t *testing.T) {
	require.Zero(t, allocations(lastOf[int](5)))
}

func BenchmarkTakeLast(b *testing.B) { benchmark(b, lastOf[int](16)) }
