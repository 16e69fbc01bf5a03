package flow_test

import (
	"context"
	"fmt"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
)

func ExampleConcat() {
	fmt.Println(flow.Collect(context.Background(), flow.Concat(flow.Of(1, 2), flow.Of(3))))
	// Output: [1 2 3] <nil>
}

func TestConcatKeepsTheLaws(t *testing.T) {
	keepsTheLaws(t, func(in ints) ints {
		return flow.Concat(flow.Of(7), in, flow.Empty[int](), flow.Of(8))
	}, []int{1, 2}, []int{7, 1, 2, 8})
	sourceKeepsTheLaws(t, func() ints { return flow.Concat[int]() }, nil)
}

// A source that is started by the end of one that ended on another goroutine.
func TestExitInALaterSourceEndsTheStream(t *testing.T) {
	require.NoError(t, flowtest.TestPanic(func(in ints) ints {
		return flow.Concat(in, flow.Map(flow.Of(1), func(int) int {
			exit()
			return 0
		}))
	}, []int{1, 2}))
}

func TestManyEmptySourcesCostNoStack(t *testing.T) {
	defer debug.SetMaxStack(debug.SetMaxStack(1 << 20))
	sources := make([]ints, 100_000)
	for name, first := range map[string]ints{"started inside": flow.Of(1), "started later": flow.Async(flow.Of(1))} {
		sources[0] = first
		values, err := flow.Collect(t.Context(), flow.Concat(sources...))
		require.NoError(t, err, name)
		require.Equal(t, []int{1}, values, name)
	}
}
