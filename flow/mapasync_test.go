package flow_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleMapAsync() {
	users := flow.MapAsync(flow.Of(1, 2, 3), 2, func(ctx context.Context, id int) (string, error) {
		return fmt.Sprintf("user %d", id), nil // of a database, say
	})
	fmt.Println(flow.Collect(context.Background(), users))
	// Output: [user 1 user 2 user 3] <nil>
}

func mapAsync[T any](parallelism int) flow.Flow[T, T] {
	return func(in flow.Source[T]) flow.Source[T] {
		return flow.MapAsync(in, parallelism, func(_ context.Context, v T) (T, error) { return v, nil })
	}
}

func TestMapAsyncKeepsTheLaws(t *testing.T) {
	for _, parallelism := range []int{1, 3} {
		keepsTheLaws(t, mapAsync[int](parallelism), []int{1, 2, 3, 4}, []int{1, 2, 3, 4})
		holds(t, mapAsync[*flowHeld](parallelism))
		panicsTravel(t, func(in ints, leave func()) ints {
			return flow.MapAsync(in, parallelism, func(_ context.Context, v int) (int, error) {
				leave()
				return v, nil
			})
		})
	}
}

func TestMapAsyncKeepsTheOrderAndItsParallelism(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		values, err := flow.Collect(t.Context(), flow.MapAsync(flow.Of(3, 1, 2, 1), 2, lasting))
		require.NoError(t, err)
		require.Equal(t, []int{3, 1, 2, 1}, values)
		// 3 and 1 at once; 2 has to wait for the result of 3 to pass, and then works beside 1.
		require.Equal(t, 5*time.Second, time.Since(start))
	})
}

func TestErrorInMapAsyncDoesNotOvertake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		values, err := flow.Collect(t.Context(), flow.MapAsync(flow.Of(2, 0, 60, 60), 4, func(ctx context.Context, v int) (int, error) {
			if v == 0 {
				return 0, errTest
			}
			return lasting(ctx, v)
		}))
		require.Equal(t, []int{2}, values)
		require.Equal(t, errTest, err)
		require.Equal(t, 2*time.Second, time.Since(start)) // those of a minute are cancelled
	})
}

func TestMapAsyncNeedsParallelism(t *testing.T) {
	require.Panics(t, func() { flow.MapAsync(flow.Of(1), 0, tenfold) })
}
