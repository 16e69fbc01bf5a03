package flow_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
)

func ExampleForEachAsync() {
	var sum atomic.Int64
	_, err := flow.ForEachAsync(4, func(_ context.Context, v int) error {
		sum.Add(int64(v))
		return nil
	}).Run(context.Background(), flow.Of(1, 2, 3))
	fmt.Println(sum.Load(), err)
	// Output: 6 <nil>
}

// locked is emit for many goroutines.
func locked[T any](emit func(T) error) func(context.Context, T) error {
	lock := make(chan struct{}, 1)
	var stopped error
	return func(_ context.Context, v T) error {
		lock <- struct{}{}
		defer func() { <-lock }()
		if stopped == nil {
			stopped = errEmitPanicked
			stopped = emit(v)
		}
		return stopped
	}
}

var errEmitPanicked = errors.New("emit has panicked")

func TestForEachAsyncKeepsTheLaws(t *testing.T) {
	for _, parallelism := range []int{1, 3} {
		keepsTheLaws(t, sinking(func(emit func(int) error) flow.Sink[int, struct{}] {
			return flow.ForEachAsync(parallelism, locked(emit))
		}), []int{1, 2, 3, 4}, []int{1, 2, 3, 4}, flowtest.Unordered(), flowtest.Except(flowtest.Panics))
		holds(t, sinking(func(emit func(*flowHeld) error) flow.Sink[*flowHeld, struct{}] {
			return flow.ForEachAsync(parallelism, locked(emit))
		}))
		panicsTravel(t, func(in ints, leave func()) ints {
			return sinking(func(func(int) error) flow.Sink[int, struct{}] {
				return flow.ForEachAsync(parallelism, func(context.Context, int) error {
					leave()
					return nil
				})
			})(in)
		})
	}
}

func TestForEachAsyncKeepsItsParallelism(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var mu sync.Mutex
		var ended []int
		_, err := flow.ForEachAsync(2, func(ctx context.Context, v int) error {
			_, err := lasting(ctx, v)
			mu.Lock()
			defer mu.Unlock()
			ended = append(ended, v)
			return err
		}).Run(t.Context(), flow.Of(5, 1, 2, 4))
		require.NoError(t, err)
		require.Equal(t, []int{1, 2, 5, 4}, ended) // 4 begins when 2 has ended, after 3 s
		require.Equal(t, 7*time.Second, time.Since(start))
	})
}

func TestFirstErrorInForEachAsyncCancelsTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		_, err := flow.ForEachAsync(3, func(ctx context.Context, v int) error {
			if _, err := lasting(ctx, v); err != nil {
				return err
			}
			return fmt.Errorf("%d: %w", v, errTest)
		}).Run(t.Context(), flow.Concat(flow.Of(60, 1, 30), flow.Never[int]()))
		require.EqualError(t, err, "1: it broke")
		require.Equal(t, time.Second, time.Since(start))
	})
}

func TestErrorOfTheStreamDoesNotOvertakeForEachAsync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		_, err := flow.ForEachAsync(3, func(ctx context.Context, v int) error {
			_, err := lasting(ctx, v)
			return err
		}).Run(t.Context(), flow.Concat(flow.Of(2, 1), flow.Fail[int](errTest)))
		require.Equal(t, errTest, err)
		require.Equal(t, 2*time.Second, time.Since(start))
	})
}

func TestCancelledForEachAsyncEndsWithTheCause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(errTest) })
		_, err := flow.ForEachAsync(1, func(ctx context.Context, _ int) error {
			<-ctx.Done()
			return ctx.Err() // which is not the cause
		}).Run(ctx, flow.Of(1, 2))
		require.Equal(t, errTest, err)
	})
}

func TestForEachAsyncNeedsParallelism(t *testing.T) {
	require.Panics(t, func() { flow.ForEachAsync(0, func(context.Context, int) error { return nil }) })
}

func TestForEachAsyncAllocatesLittle(t *testing.T) {
	require.LessOrEqual(t, allocations(sinking(func(func(int) error) flow.Sink[int, struct{}] {
		return flow.ForEachAsync(4, func(context.Context, int) error { return nil })
	})), 100.0)
}

func BenchmarkForEachAsync(b *testing.B) {
	benchmark(b, sinking(func(func(int) error) flow.Sink[int, struct{}] {
		return flow.ForEachAsync(16, func(context.Context, int) error { return nil })
	}))
}
