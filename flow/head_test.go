package flow_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleHead() {
	fmt.Println(flow.Head[int]().Run(context.Background(), flow.Of(1, 2, 3)))
	fmt.Println(flow.Head[int]().Run(context.Background(), flow.Empty[int]()))
	// Output:
	// 1 <nil>
	// 0 flow: empty stream
}

func TestHeadStopsTheStream(t *testing.T) {
	v, err := flow.Head[int]().Run(t.Context(), flow.Concat(flow.Of(1), flow.Never[int]()))
	require.NoError(t, err)
	require.Equal(t, 1, v)
}

func TestHeadOfAFailedStreamFails(t *testing.T) {
	_, err := flow.Head[int]().Run(t.Context(), flow.Fail[int](errTest))
	require.Equal(t, errTest, err)
}
