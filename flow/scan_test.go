package flow_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func sum(_ context.Context, sum, v int) (int, error) { return sum + v, nil }

func ExampleScan() {
	balance := flow.Scan(flow.Of(10, -3, 5), 100, func(_ context.Context, balance, change int) (int, error) {
		return balance + change, nil
	})
	fmt.Println(flow.Collect(context.Background(), balance))
	// Output: [100 110 107 112] <nil>
}

func TestScanKeepsTheLaws(t *testing.T) {
	f := func(in ints) ints { return flow.Scan(in, 0, sum) }
	keepsTheLaws(t, f, []int{1, 2, 3}, []int{0, 1, 3, 6})
	keepsTheLaws(t, f, []int{1}, []int{0, 1})
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.Scan(in, 0, func(context.Context, int, int) (int, error) {
			leave()
			return 0, nil
		})
	})
}

func TestScanOfAnEmptyStreamEmitsZero(t *testing.T) {
	keepsTheLaws(t, func(in ints) ints { return flow.Scan(in, 7, sum) }, nil, []int{7})
}

func TestScanEmitsZeroBeforeItsInputHasAnything(t *testing.T) {
	got, err := flow.Collect(t.Context(), flow.Take(flow.Scan(flow.Never[int](), 7, sum), 1))
	require.NoError(t, err)
	require.Equal(t, []int{7}, got)
}

func TestScanEndsWithTheErrorOfItsFunction(t *testing.T) {
	got, err := flow.Collect(t.Context(), flow.Scan(flow.Of(1, 2, 3), 0, func(_ context.Context, sum, v int) (int, error) {
		if v == 2 {
			return 0, errTest
		}
		return sum + v, nil
	}))
	require.Equal(t, errTest, err)
	require.Equal(t, []int{0, 1}, got)
}

func TestScanGivesItsFunctionTheContextOfTheRun(t *testing.T) {
	type key struct{}
	ctx := context.WithValue(t.Context(), key{}, 5)
	got, err := flow.Collect(ctx, flow.Scan(flow.Of(1), 0, func(ctx context.Context, sum, v int) (int, error) {
		five, _ := ctx.Value(key{}).(int)
		return sum + v + five, nil
	}))
	require.NoError(t, err)
	require.Equal(t, []int{0, 6}, got)
}

func TestScanHoldsTheResultThatItsFunctionMayReturnAgain(t *testing.T) {
	type held = flow.Source[*flowHeld]
	choose := func(in held, again func(v *flowHeld) bool) held {
		scanned := flow.Scan(in, nil, func(_ context.Context, before, v *flowHeld) (*flowHeld, error) {
			if before != nil && again(v) {
				return before, nil
			}
			return v, nil
		})
		return flow.Drop(scanned, 1)
	}
	holds(t, func(in held) held { return choose(in, func(*flowHeld) bool { return true }) })
	holds(t, func(in held) held { return choose(in, func(*flowHeld) bool { return false }) })
	holds(t, func(in held) held { return choose(in, func(v *flowHeld) bool { return even(v.N) }) })
}

func TestScanDoesNotAllocate(t *testing.T) {
	require.Zero(t, allocations(func(in ints) ints { return flow.Scan(in, 0, sum) }))
}

func BenchmarkScan(b *testing.B) {
	benchmark(b, func(in ints) ints { return flow.Scan(in, 0, sum) })
}
