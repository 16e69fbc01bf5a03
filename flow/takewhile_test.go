package flow_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func below(n int) func(int) bool { return func(v int) bool { return v < n } }

func isValue(n int) func(int) bool { return func(v int) bool { return v == n } }

func ExampleTakeWhile() {
	fmt.Println(flow.Collect(context.Background(), flow.TakeWhile(flow.Of(1, 2, 3, 1), below(3))))
	// Output: [1 2] <nil>
}

func ExampleTakeUntil() {
	lines := flow.TakeUntil(flow.Of("hello", "bye", "hello?"), func(line string) bool { return line == "bye" })
	fmt.Println(flow.Collect(context.Background(), lines))
	// Output: [hello bye] <nil>
}

func TestTakeWhileKeepsTheLaws(t *testing.T) {
	f := func(in ints) ints { return flow.TakeWhile(in, below(3)) }
	keepsTheLaws(t, f, []int{1, 2, 3, 4}, []int{1, 2})
	keepsTheLaws(t, f, []int{1, 2}, []int{1, 2})
	keepsTheLaws(t, f, []int{3, 1}, nil)
	keepsTheLaws(t, f, nil, nil)
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.TakeWhile(in, func(int) bool {
			leave()
			return true
		})
	})
}

func TestTakeUntilKeepsTheLaws(t *testing.T) {
	f := func(in ints) ints { return flow.TakeUntil(in, isValue(3)) }
	keepsTheLaws(t, f, []int{1, 2, 3, 4}, []int{1, 2, 3})
	keepsTheLaws(t, f, []int{1, 2}, []int{1, 2})
	keepsTheLaws(t, f, []int{3, 1}, []int{3})
	keepsTheLaws(t, f, nil, nil)
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.TakeUntil(in, func(int) bool {
			leave()
			return true
		})
	})
}

func TestTakeWhileEndsItsOwnRunOnly(t *testing.T) {
	inner := flow.TakeWhile(flow.Of(1, 5, 2), below(3))
	got, err := flow.Collect(t.Context(), flow.TakeWhile(flow.Concat(inner, flow.Of(2, 7, 2)), below(6)))
	require.NoError(t, err)
	require.Equal(t, []int{1, 2}, got)
}

func TestTakeUntilAsksBeforeTheValueIsPassedOn(t *testing.T) {
	var order []string
	in := flow.TakeUntil(flow.Of(1), func(int) bool {
		order = append(order, "asked")
		return true
	})
	require.NoError(t, in.Run(t.Context(), func(int) error {
		order = append(order, "passed on")
		return nil
	}))
	require.Equal(t, []string{"asked", "passed on"}, order)
}

func TestTakeWhileDoesNotAllocate(t *testing.T) {
	require.Zero(t, allocations(func(in ints) ints { return flow.TakeWhile(in, below(1<<30)) }))
	require.Zero(t, allocations(func(in ints) ints { return flow.TakeUntil(in, isValue(-1)) }))
}

func BenchmarkTakeWhile(b *testing.B) {
	benchmark(b, func(in ints) ints { return flow.TakeWhile(in, below(b.N)) })
}

func BenchmarkTakeUntil(b *testing.B) {
	benchmark(b, func(in ints) ints { return flow.TakeUntil(in, isValue(-1)) })
}
