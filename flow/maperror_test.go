package flow_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleMapError() {
	read := flow.Fail[int](errors.New("it broke"))
	_, err := flow.Collect(context.Background(), flow.MapError(read, func(err error) error { return fmt.Errorf("reading: %w", err) }))
	fmt.Println(err)
	// Output: reading: it broke
}

func TestErrorThatIsMappedToNilCompletes(t *testing.T) {
	_, err := flow.Collect(t.Context(), flow.MapError(flow.Fail[int](errTest), func(error) error { return nil }))
	require.NoError(t, err)
}
