package flow_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleForEach() {
	print := flow.ForEach(func(_ context.Context, v int) error {
		_, err := fmt.Println(v)
		return err
	})
	_, err := print.Run(context.Background(), flow.Of(1, 2))
	fmt.Println(err)
	// Output:
	// 1
	// 2
	// <nil>
}

func TestErrorOfForEachStopsTheStream(t *testing.T) {
	n := 0
	_, err := flow.ForEach(func(context.Context, int) error {
		n++
		return errTest
	}).Run(t.Context(), flow.Of(1, 2))
	require.Equal(t, errTest, err)
	require.Equal(t, 1, n)
}
