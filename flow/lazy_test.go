package flow_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
)

func ExampleLazy() {
	runs := 0
	source := flow.Lazy(func(context.Context) (flow.Source[int], error) {
		runs++
		return flow.Of(runs, 10*runs), nil
	})
	for range 2 {
		fmt.Println(flow.Collect(context.Background(), source))
	}
	// Output:
	// [1 10] <nil>
	// [2 20] <nil>
}

func TestLazyKeepsTheLaws(t *testing.T) {
	lazily := func(in ints) ints {
		return flow.Lazy(func(context.Context) (ints, error) { return in, nil })
	}
	keepsTheLaws(t, lazily, []int{1, 2, 3}, []int{1, 2, 3})
	keepsTheLaws(t, func(in ints) ints { return lazily(flow.Async(in)) }, []int{1, 2, 3}, []int{1, 2, 3})
	keepsTheLaws(t, lazily, nil, nil)
	sourceKeepsTheLaws(t, func() ints {
		return flow.Lazy(func(ctx context.Context) (ints, error) {
			<-ctx.Done()
			return flow.Of(1), ctx.Err()
		})
	}, nil, flowtest.Endless())
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.Lazy(func(context.Context) (ints, error) {
			leave()
			return in, nil
		})
	})
}

func TestPanicWhereALazySourceIsMadePassesThroughTheOperatorsAfterIt(t *testing.T) {
	released := false
	in := flow.Lazy(func(context.Context) (ints, error) { panic("oops") })
	after := flow.Operator("Release", in, func(_ context.Context, emit func(int) error, end func(error)) (func(int) error, func(error)) {
		return emit, func(err error) {
			released = true
			end(err)
		}
	})
	require.Panics(t, func() { _, _ = flow.Collect(t.Context(), after) })
	require.True(t, released)
}

func TestErrorWhereALazySourceIsMadeFailsTheStream(t *testing.T) {
	_, err := flow.Collect(t.Context(), flow.Lazy(func(context.Context) (ints, error) { return flow.Of(1), errTest }))
	require.Equal(t, errTest, err)
}

func TestSourcesOfFunctionsHaveTheirNames(t *testing.T) {
	in := flow.Of(1)
	for want, source := range map[string]ints{
		"Unfold\n":         unfolding(1, nil),
		"UnfoldResource\n": (&testResource{}).source(),
		"Future\n":         flow.Future(func(context.Context) (int, error) { return 1, nil }),
		"Lazy\n":           flow.Lazy(func(context.Context) (ints, error) { return in, nil }),
		"Repeat\n":         flow.Repeat(1),
		"Cycle\n  Of\n":    flow.Cycle(in),
		"LazyFlow\n  Of\n": lazyFlow(mapped)(in),
	} {
		require.Equal(t, want, flow.Describe(source).String())
	}
}

func BenchmarkLazy(b *testing.B) {
	benchmark(b, func(in ints) ints { return flow.Lazy(func(context.Context) (ints, error) { return in, nil }) })
}
