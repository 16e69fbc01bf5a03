package flow_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleCancelled() {
	made := flow.Map(flow.Of(1, 2), func(v int) int {
		fmt.Println("not printed")
		return v
	})
	_, err := flow.Cancelled[int]().Run(context.Background(), made)
	fmt.Println(err)
	// Output: <nil>
}

func TestCancelledStopsTheStreamBeforeItsFirstValue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, in := range []ints{flow.Never[int](), flow.Of(1), flow.Async(flow.Of(1)), flow.Fail[int](errTest), flow.Repeat(1), {}} {
			_, err := flow.Cancelled[int]().Run(t.Context(), flow.Map(in, func(int) int { panic("a value has come") }))
			require.NoError(t, err)
		}
	})
}

func TestCancelledStartsItsSource(t *testing.T) {
	q := flow.NewQueue[*countedHolds](1)
	held := &countedHolds{}
	q.Offer(held)
	_, err := flow.Cancelled[*countedHolds]().Run(t.Context(), q.Source())
	require.NoError(t, err)
	require.Zero(t, held.n)
	require.Equal(t, flow.Closed, q.Offer(held))
}

func TestCancelledInACancelledRunEndsWithTheCause(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errTest)
	_, err := flow.Cancelled[int]().Run(ctx, flow.Of(1))
	require.Equal(t, errTest, err)
}
