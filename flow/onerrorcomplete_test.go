package flow_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleOnErrorComplete() {
	errEnd := errors.New("end of file")
	read := flow.Concat(flow.Of(1, 2), flow.Fail[int](errEnd))
	fmt.Println(flow.Collect(context.Background(), flow.OnErrorComplete(read, func(err error) bool { return errors.Is(err, errEnd) })))
	// Output: [1 2] <nil>
}

func TestErrorThatDoesNotMatchStaysOne(t *testing.T) {
	_, err := flow.Collect(t.Context(), flow.OnErrorComplete(flow.Fail[int](errTest), func(error) bool { return false }))
	require.Equal(t, errTest, err)
	_, err = flow.Collect(t.Context(), flow.OnErrorComplete(flow.Fail[int](errTest), nil))
	require.NoError(t, err)
}
