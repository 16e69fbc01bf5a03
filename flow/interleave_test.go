package flow_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleInterleave() {
	fmt.Println(flow.Collect(context.Background(), flow.Interleave(2, flow.Of(1, 2, 3, 4, 5), flow.Of(6, 7, 8))))
	// Output: [1 2 6 7 3 4 8 5] <nil>
}

func interleavedWith(n int, others ...ints) flow.Flow[int, int] {
	return func(in ints) ints { return flow.Interleave(n, append(others, in)...) }
}

func TestInterleaveKeepsTheLaws(t *testing.T) {
	keepsTheLaws(t, interleavedWith(1, flow.Of(7, 8, 9, 10)), []int{1, 2}, []int{7, 1, 8, 2, 9, 10})
	keepsTheLaws(t, interleavedWith(2, flow.Of(7), flow.Empty[int]()), []int{1, 2, 3}, []int{7, 1, 2, 3})
	keepsTheLaws(t, interleavedWith(1), []int{1, 2}, []int{1, 2})
	sourceKeepsTheLaws(t, func() ints { return flow.Interleave[int](1) }, nil)
	holds(t, func(in flow.Source[*flowHeld]) flow.Source[*flowHeld] {
		return flow.Interleave(3, flow.Empty[*flowHeld](), in)
	})
}

func TestInterleaveWaitsForTheSourceWhoseTurnItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var times []time.Duration
		err := flow.Interleave(1, flow.Of(1, 2, 3), after(time.Second, flow.Of(4))).Run(t.Context(), func(int) error {
			times = append(times, time.Since(start))
			return nil
		})
		require.NoError(t, err)
		require.Equal(t, []time.Duration{0, time.Second, time.Second, time.Second}, times)
	})
}

func TestErrorInInterleaveTakesThePlaceOfAValue(t *testing.T) {
	values, err := flow.Collect(t.Context(), flow.Interleave(2, flow.Of(1, 2, 3, 4, 5), flow.Concat(flow.Of(6, 7, 8), flow.Fail[int](errTest))))
	require.Equal(t, errTest, err)
	require.Equal(t, []int{1, 2, 6, 7, 3, 4, 8}, values)
}

func TestInterleaveNeedsANumber(t *testing.T) {
	require.Panics(t, func() { flow.Interleave(0, flow.Of(1)) })
}

func BenchmarkInterleave(b *testing.B) {
	benchmark(b, func(in ints) ints { return flow.Interleave(1, in, in) })
}
