package flow_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleFail() {
	source := flow.Concat(flow.Of(1, 2), flow.Fail[int](errors.New("out of numbers")))
	fmt.Println(flow.Collect(context.Background(), source))
	// Output: [1 2] out of numbers
}

func TestFailEndsWithItsErrorAndNoValue(t *testing.T) {
	values, err := flow.Collect(t.Context(), flow.Fail[int](errTest))
	require.Empty(t, values)
	require.Equal(t, errTest, err)
}

func TestFailWithoutAnErrorIsEmpty(t *testing.T) {
	sourceKeepsTheLaws(t, func() ints { return flow.Fail[int](nil) }, nil)
}
