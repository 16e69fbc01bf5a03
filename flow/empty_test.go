package flow_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleEmpty() {
	fmt.Println(flow.Collect(context.Background(), flow.Empty[int]()))
	// Output: [] <nil>
}

func TestEmptyKeepsTheLaws(t *testing.T) {
	sourceKeepsTheLaws(t, flow.Empty[int], nil)
}

func TestCancelledRunOfTheZeroSourceEndsWithTheCause(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errTest)
	_, err := flow.Collect(ctx, ints{})
	require.Equal(t, errTest, err)
}
