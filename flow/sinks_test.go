package flow_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleToSlice() {
	fmt.Println(flow.ToSlice[int]().Run(context.Background(), flow.Of(1, 2, 3)))
	// Output: [1 2 3] <nil>
}

func ExampleCollect() {
	fmt.Println(flow.Collect(context.Background(), flow.Take(flow.Of("a", "b", "c"), 2)))
	// Output: [a b] <nil>
}

func TestToSliceHasTheValuesBeforeAnError(t *testing.T) {
	for range 2 {
		values, err := flow.ToSlice[int]().Run(t.Context(), flow.Concat(flow.Of(1, 2), flow.Fail[int](errTest)))
		require.Equal(t, []int{1, 2}, values)
		require.Equal(t, errTest, err)
	}
}

// A sink may run its source on and on before it returns a result.
func TestNewSinkRunsItsFunction(t *testing.T) {
	twice := flow.NewSink("Twice", func(ctx context.Context, in ints) (n int, err error) {
		for range 2 {
			if err := in.Run(ctx, func(v int) error {
				n += v
				return nil
			}); err != nil {
				return n, err
			}
		}
		return n, nil
	})
	n, err := twice.Run(t.Context(), flow.Async(flow.Of(1, 2)))
	require.NoError(t, err)
	require.Equal(t, 6, n)
}

func TestPanicInASinkPanicsInItsRun(t *testing.T) {
	for _, in := range []ints{flow.Of(1), flow.Async(flow.Of(1))} {
		require.Panics(t, func() {
			_, _ = flow.ForEach(func(context.Context, int) error { panic("oops") }).Run(t.Context(), in)
		})
	}
}
