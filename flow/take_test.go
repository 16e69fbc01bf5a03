package flow_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleTake() {
	fmt.Println(flow.Collect(context.Background(), flow.Take(flow.Of(1, 2, 3, 4), 2)))
	// Output: [1 2] <nil>
}

func TestTakeKeepsTheLaws(t *testing.T) {
	keepsTheLaws(t, func(in ints) ints { return flow.Take(in, 2) }, []int{1, 2, 3}, []int{1, 2})
	keepsTheLaws(t, func(in ints) ints { return flow.Take(in, 5) }, []int{1, 2, 3}, []int{1, 2, 3})
	keepsTheLaws(t, func(in ints) ints { return flow.Take(in, 0) }, []int{1, 2, 3}, nil)
}

func TestTakeOfNothingDoesNotStartItsInput(t *testing.T) {
	_, err := flow.Collect(t.Context(), flow.Take(flow.Fail[int](errTest), 0))
	require.NoError(t, err)
}
