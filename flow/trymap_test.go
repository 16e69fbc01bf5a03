package flow_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleTryMap() {
	numbers := flow.TryMap(flow.Of("1", "2", "three"), func(_ context.Context, s string) (int, error) {
		return strconv.Atoi(s)
	})
	fmt.Println(flow.Collect(context.Background(), numbers))
	// Output: [1 2] strconv.Atoi: parsing "three": invalid syntax
}

func TestTryMapKeepsTheLaws(t *testing.T) {
	keepsTheLaws(t, func(in ints) ints { return flow.TryMap(in, tenfold) }, []int{1, 2, 3}, []int{10, 20, 30})
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.TryMap(in, func(_ context.Context, v int) (int, error) {
			leave()
			return v, nil
		})
	})
}

func TestTryMapStopsItsInput(t *testing.T) {
	n := 0
	counted := flow.Map(flow.Of(1, 2, 3), func(v int) int {
		n++
		return v
	})
	values, err := flow.Collect(t.Context(), flow.TryMap(counted, func(_ context.Context, v int) (int, error) {
		if v == 2 {
			return 0, errTest
		}
		return v, nil
	}))
	require.Equal(t, []int{1}, values)
	require.Equal(t, errTest, err)
	require.Equal(t, 2, n)
}
