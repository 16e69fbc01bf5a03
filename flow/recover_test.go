package flow_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleRecover() {
	answers := flow.Concat(flow.Of("a", "b"), flow.Fail[string](errors.New("it broke")))
	told := flow.Recover(answers, func(err error) (string, bool) { return "sorry: " + err.Error(), true })
	fmt.Println(flow.Collect(context.Background(), told))
	// Output: [a b sorry: it broke] <nil>
}

func TestRecoverMayPassTheErrorOn(t *testing.T) {
	values, err := flow.Collect(t.Context(), flow.Recover(flow.Fail[int](errTest), func(error) (int, bool) { return 1, false }))
	require.Empty(t, values)
	require.Equal(t, errTest, err)
}
