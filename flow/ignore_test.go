package flow_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleIgnore() {
	_, err := flow.Ignore[int]().Run(context.Background(), flow.Of(1, 2))
	fmt.Println(err)
	// Output: <nil>
}

func TestIgnoreEndsWithTheError(t *testing.T) {
	_, err := flow.Ignore[int]().Run(t.Context(), flow.Fail[int](errTest))
	require.Equal(t, errTest, err)
	_, err = flow.Sink[int, string]{}.Run(t.Context(), flow.Fail[int](errTest))
	require.Equal(t, errTest, err)
}
