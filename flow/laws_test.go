package flow_test

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
)

type ints = flow.Source[int]

// keepsTheLaws checks a flow in a bubble: to wait costs nothing there, and a run that waits for what does not come is
// a deadlock.
func keepsTheLaws[I, O any](t *testing.T, f flow.Flow[I, O], in []I, want []O, opts ...flowtest.Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		require.NoError(t, flowtest.TestFlow(f, in, want, opts...))
	})
}

func sourceKeepsTheLaws[T any](t *testing.T, make func() flow.Source[T], want []T, opts ...flowtest.Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		require.NoError(t, flowtest.TestSource(make, want, opts...))
	})
}

// panicsTravel checks that f hands on the panic, or exit, of the function that it is built with.
func panicsTravel(t *testing.T, f func(in ints, leave func()) ints) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		require.NoError(t, flowtest.TestPanic(func(in ints) ints { return f(in, func() { panic("oops") }) }, []int{1, 2, 3}))
		require.NoError(t, flowtest.TestPanic(func(in ints) ints { return f(in, exit) }, []int{1, 2, 3}))
	})
}

func holds(t *testing.T, f flow.Flow[*flowHeld, *flowHeld]) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		require.NoError(t, flowtest.TestHolding(f, 4))
	})
}

func TestNestedOperatorsKeepTheLaws(t *testing.T) {
	async := flow.Async[int]
	merge := func(sources ...ints) ints { return flow.Merge(sources...) }
	take := flow.Take[int]
	for _, nested := range []struct {
		name string
		flow flow.Flow[int, int]
		in   []int
		want []int
		opts []flowtest.Option
	}{
		{"Take of Concat of Take", func(in ints) ints { return take(flow.Concat(take(in, 3), flow.Of(7, 8)), 2) }, []int{1, 2, 3, 4}, []int{1, 2}, nil},
		{"Take over the end of an inner Take", func(in ints) ints { return take(flow.Concat(take(in, 1), flow.Of(7, 8)), 2) }, []int{1, 2}, []int{1, 7}, nil},
		{"Concat of the same", func(in ints) ints { return flow.Concat(in, in) }, []int{1, 2}, []int{1, 2, 1, 2}, nil},
		{"Concat of Asyncs", func(in ints) ints { return flow.Concat(async(in), flow.Of(5), async(flow.Of(6)), flow.Of(7)) }, []int{1, 2}, []int{1, 2, 5, 6, 7}, nil},
		{"Async of Async", func(in ints) ints { return async(async(in)) }, []int{1, 2, 3}, []int{1, 2, 3}, nil},
		{"Take of Async of Async", func(in ints) ints { return take(async(async(in)), 2) }, []int{1, 2, 3, 4}, []int{1, 2}, nil},
		{"Async of Take of Async", func(in ints) ints { return async(take(async(in), 2)) }, []int{1, 2, 3, 4}, []int{1, 2}, nil},
		{"Merge of Merges", func(in ints) ints { return merge(merge(in, flow.Of(7)), merge(flow.Of(8), flow.Empty[int]())) }, []int{1, 2}, []int{1, 2, 7, 8}, []flowtest.Option{flowtest.Unordered()}},
		{"MapAsync in Merge", func(in ints) ints {
			return merge(flow.MapAsync(in, 2, tenfold), flow.Of(7))
		}, []int{1, 2}, []int{10, 20, 7}, []flowtest.Option{flowtest.Unordered()}},
		{"Merge in MapAsync", func(in ints) ints {
			return flow.MapAsync(merge(in, flow.Of(7)), 2, tenfold)
		}, []int{1, 2}, []int{10, 20, 70}, []flowtest.Option{flowtest.Unordered()}},
		{"Concat of Merges", func(in ints) ints { return flow.Concat(merge(in), merge(flow.Of(3)), merge(async(flow.Of(4)))) }, []int{1, 2}, []int{1, 2, 3, 4}, nil},
		{"Run in FromFunc", func(in ints) ints {
			return flow.FromFunc(async(flow.Concat(async(in), flow.Of(9))).Run)
		}, []int{1, 2}, []int{1, 2, 9}, nil},
		{"a pair in a pair", func(in ints) ints {
			inner := flow.FromSinkAndSource(flow.Ignore[int](), flow.Of(1, 2))
			return flow.FromSinkAndSourceUncoupled(flow.Ignore[int](), flow.Concat(inner(flow.Never[int]()), flow.Of(3)))(in)
		}, []int{5, 6}, []int{1, 2, 3}, []flowtest.Option{flowtest.Except(flowtest.Failure)}},
	} {
		t.Run(nested.name, func(t *testing.T) {
			t.Parallel()
			keepsTheLaws(t, nested.flow, nested.in, nested.want, nested.opts...)
			// Once more where time goes by while something is at work.
			require.NoError(t, flowtest.TestFlow(nested.flow, nested.in, nested.want, nested.opts...))
		})
	}
}
