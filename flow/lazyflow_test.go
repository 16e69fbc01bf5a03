package flow_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
)

func ExampleLazyFlow() {
	prices := flow.LazyFlow(func(context.Context) (flow.Flow[int, string], error) {
		currency := "EUR" // asked for when the first price is there
		return func(in flow.Source[int]) flow.Source[string] {
			return flow.Map(in, func(v int) string { return fmt.Sprint(v, " ", currency) })
		}, nil
	})
	fmt.Println(flow.Collect(context.Background(), prices(flow.Of(3, 5))))
	// Output: [3 EUR 5 EUR] <nil>
}

func lazyFlow[I, O any](f flow.Flow[I, O]) flow.Flow[I, O] {
	return flow.LazyFlow(func(context.Context) (flow.Flow[I, O], error) { return f, nil })
}

func TestLazyFlowKeepsTheLaws(t *testing.T) {
	for name, test := range map[string]struct {
		flow flow.Flow[int, int]
		in   []int
		want []int
		opts []flowtest.Option
	}{
		"Map":       {mapped, []int{1, 2, 3}, []int{2, 3, 4}, nil},
		"nothing":   {mapped, nil, nil, nil},
		"Async":     {flow.Async[int], []int{1, 2, 3}, []int{1, 2, 3}, nil},
		"Take":      {func(in ints) ints { return flow.Take(in, 2) }, []int{1, 2, 3}, []int{1, 2}, nil},
		"late Take": {func(in ints) ints { return flow.Take(flow.Async(in), 2) }, []int{1, 2, 3}, []int{1, 2}, nil},
		"more before and after": {func(in ints) ints {
			return flow.Concat(flow.Of(7), in, flow.Of(8), flow.Async(flow.Of(9)))
		}, []int{1, 2}, []int{7, 1, 2, 8, 9}, nil},
		"Merge":    {func(in ints) ints { return flow.Merge(in, flow.Of(7)) }, []int{1, 2}, []int{1, 2, 7}, []flowtest.Option{flowtest.Unordered()}},
		"itself":   {lazyFlow(mapped), []int{1, 2}, []int{2, 3}, nil},
		"FromFunc": {func(in ints) ints { return flow.FromFunc(in.Run) }, []int{1, 2}, []int{1, 2}, nil},
	} {
		t.Run(name, func(t *testing.T) { keepsTheLaws(t, lazyFlow(test.flow), test.in, test.want, test.opts...) })
	}
	holds(t, lazyFlow(flow.Async[*flowHeld]))
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.LazyFlow(func(context.Context) (flow.Flow[int, int], error) {
			leave()
			return mapped, nil
		})(in)
	})
	panicsTravel(t, func(in ints, leave func()) ints {
		return lazyFlow(func(in ints) ints {
			leave()
			return in
		})(in)
	})
}

func TestLazyFlowIsMadeAtTheFirstValue(t *testing.T) {
	made := 0
	lazy := flow.LazyFlow(func(context.Context) (flow.Flow[int, int], error) {
		made++
		return func(in ints) ints { return flow.Concat(in, flow.Of(9)) }, nil
	})
	values, err := flow.Collect(t.Context(), lazy(flow.Empty[int]()))
	require.NoError(t, err)
	require.Empty(t, values)
	_, err = flow.Collect(t.Context(), lazy(flow.Fail[int](errTest)))
	require.Equal(t, errTest, err)
	require.Zero(t, made)
	for range 2 {
		values, err = flow.Collect(t.Context(), lazy(flow.Of(1)))
		require.NoError(t, err)
		require.Equal(t, []int{1, 9}, values)
	}
	require.Equal(t, 2, made)
}

func TestLazyFlowThatCannotBeMadeFailsTheStream(t *testing.T) {
	values, err := flow.Collect(t.Context(), flow.LazyFlow(func(context.Context) (flow.Flow[int, int], error) {
		return nil, errTest
	})(flow.Concat(flow.Of(1), flow.Never[int]())))
	require.Equal(t, errTest, err)
	require.Empty(t, values)
}

func TestLazyFlowThatEndsFirstStopsItsInput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := flow.Concat(flow.Of(1, 2, 3), flow.Never[int]())
		for name, f := range map[string]flow.Flow[int, int]{
			"without its input":     func(ints) ints { return flow.Of(7, 8) },
			"after its input":       func(in ints) ints { return flow.Concat(flow.Take(flow.Async(in), 1), flow.Of(8)) },
			"in spite of its input": func(in ints) ints { return flow.Take(flow.Merge(in, flow.Of(9)), 2) },
		} {
			values, err := flow.Collect(t.Context(), lazyFlow(f)(in))
			require.NoError(t, err, name)
			require.Len(t, values, 2, name)
		}
		_, err := flow.Collect(t.Context(), lazyFlow(func(in ints) ints { return flow.Merge(in, flow.Fail[int](errTest)) })(in))
		require.Equal(t, errTest, err)
	})
}

func TestLazyFlowMayRunItsInputOnce(t *testing.T) {
	values, err := flow.Collect(t.Context(), lazyFlow(func(in ints) ints { return flow.Concat(in, in) })(flow.Of(1, 2)))
	require.Equal(t, []int{1, 2}, values)
	require.Equal(t, flow.ErrConsumed, err)
}

func TestLazyFlowAllocatesNothingPerValue(t *testing.T) {
	require.LessOrEqual(t, allocations(lazyFlow(mapped)), 100.0)
}

func BenchmarkLazyFlow(b *testing.B) { benchmark(b, lazyFlow(mapped)) }
