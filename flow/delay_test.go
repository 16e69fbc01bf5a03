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

func ExampleDelay() {
	late := flow.Delay(flow.Of(1, 2, 3), time.Millisecond, 16, flow.Backpressure)
	fmt.Println(flow.Collect(context.Background(), late))
	// Output: [1 2 3] <nil>
}

func delayedBy[T any](d time.Duration, n int, s flow.OverflowStrategy) flow.Flow[T, T] {
	return func(in flow.Source[T]) flow.Source[T] { return flow.Delay(in, d, n, s) }
}

func TestDelayKeepsTheLaws(t *testing.T) {
	in := []int{1, 2, 3}
	for _, s := range strategies {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			keepsTheLaws(t, delayedBy[int](time.Millisecond, 4, s), in, in)
			keepsTheLaws(t, delayedBy[int](time.Millisecond, 4, s), nil, nil)
			holds(t, delayedBy[*flowHeld](time.Millisecond, 1, s))
			if s != flow.FailOnOverflow && s != flow.Backpressure {
				keepsTheLaws(t, delayedBy[int](time.Millisecond, 1, s), in, in, flowtest.Lossy())
			}
		})
	}
	keepsTheLaws(t, delayedBy[int](time.Millisecond, 1, flow.Backpressure), in, in)
}

func TestDelayPassesOnEachValueThatMuchLater(t *testing.T) {
	draws(t, delayedBy[int](4*time.Second, 9, flow.Backpressure)(script("1@1 2@2.5 3@3 4@20 |21")), "1@5 2@6.5 3@7 4@24 |24")
	draws(t, delayedBy[int](4*time.Second, 9, flow.Backpressure)(script("1@1 2@2 3@3 |4")), "1@5 2@15 3@15 |15", 10)
}

func TestErrorDoesNotOvertakeWhatIsDelayed(t *testing.T) {
	require.Equal(t, errTest, endOf(t, delayedBy[int](4*time.Second, 9, flow.DropOldest)(script("1@1 2@2 X3")), "1@5 2@6 X6"))
}

func TestDelayOverflows(t *testing.T) {
	for _, test := range []struct {
		strategy flow.OverflowStrategy
		want     string
	}{
		// 1 is the one that passes next; behind it is room for 2 and 3.
		{flow.Backpressure, "1@11 2@12 3@13 4@14 5@21 |21"}, // in waits with 4, and gives 5 at 11
		{flow.DropOldest, "1@11 4@14 5@15 |15"},
		{flow.DropNewest, "1@11 2@12 3@13 |13"},
		{flow.DropAll, "1@11 4@14 5@15 |15"},
		{flow.FailOnOverflow, "1@11 2@12 3@13 X13"},
	} {
		t.Run(test.strategy.String(), func(t *testing.T) {
			err := endOf(t, delayedBy[int](10*time.Second, 2, test.strategy)(script("1@1 2@2 3@3 4@4 5@5 |6")), test.want)
			if test.strategy == flow.FailOnOverflow {
				require.ErrorIs(t, err, flow.ErrOverflow)
			}
		})
	}
}

func TestDelayChecksItsArguments(t *testing.T) {
	require.Panics(t, func() { delayedBy[int](0, 1, flow.DropAll)(flow.Of(1)) })
	require.Panics(t, func() { delayedBy[int](time.Second, 0, flow.DropAll)(flow.Of(1)) })
	require.Panics(t, func() { delayedBy[int](time.Second, 1, 9)(flow.Of(1)) })
}

func TestDelayIsOneOperatorInItsDescription(t *testing.T) {
	require.Equal(t, "Delay\n  Of\n", flow.Describe(delayedBy[int](1, 1, flow.DropAll)(flow.Of(1))).String())
}

func BenchmarkDelay(b *testing.B) { benchmark(b, delayedBy[int](1, 64, flow.Backpressure)) }
