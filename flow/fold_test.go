package flow_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleFold() {
	sum := flow.Fold(0, func(sum, v int) int { return sum + v })
	fmt.Println(sum.Run(context.Background(), flow.Of(1, 2, 3)))
	// Output: 6 <nil>
}

func TestFoldOfAFailedStreamIsThatOfTheValuesBefore(t *testing.T) {
	sum := flow.Fold(0, func(sum, v int) int { return sum + v })
	for range 2 {
		n, err := sum.Run(t.Context(), flow.Concat(flow.Of(1, 2), flow.Fail[int](errTest)))
		require.Equal(t, 3, n)
		require.Equal(t, errTest, err)
	}
}
