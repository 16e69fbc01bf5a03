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

func ExampleCombineSinks() {
	sum := flow.Fold(0, func(sum, v int) int { return sum + v })
	largest := flow.Reduce(func(a, b int) int { return max(a, b) })
	fmt.Println(flow.CombineSinks(sum, largest, flow.Head[int]()).Run(context.Background(), flow.Of(3, 5, 4)))
	// Output: [12 5 3] <nil>
}

func TestCombineSinksKeepsTheLaws(t *testing.T) {
	other := flow.Ignore[int]()
	for name, sinks := range map[string]func(func(int) error) []flow.Sink[int, struct{}]{
		"one": func(emit func(int) error) []flow.Sink[int, struct{}] {
			return []flow.Sink[int, struct{}]{emitting(emit)}
		},
		"with another": func(emit func(int) error) []flow.Sink[int, struct{}] {
			return []flow.Sink[int, struct{}]{other, emitting(emit)}
		},
		"one that loops": func(emit func(int) error) []flow.Sink[int, struct{}] {
			return []flow.Sink[int, struct{}]{looping(emit), other}
		},
		"with one asleep": func(emit func(int) error) []flow.Sink[int, struct{}] {
			return []flow.Sink[int, struct{}]{emitting(emit), flow.Cancelled[int]()}
		},
		"behind a flow": func(emit func(int) error) []flow.Sink[int, struct{}] {
			return []flow.Sink[int, struct{}]{flow.To(flow.Async[int], emitting(emit)), flow.To(flow.Async[int], other)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			keepsTheLaws(t, sinking(func(emit func(int) error) flow.Sink[int, []struct{}] {
				return flow.CombineSinks(sinks(emit)...)
			}), []int{1, 2, 3}, []int{1, 2, 3})
		})
	}
	holds(t, sinking(func(emit func(*flowHeld) error) flow.Sink[*flowHeld, []struct{}] {
		return flow.CombineSinks(emitting(emit), flow.To(flow.Async[*flowHeld], flow.Ignore[*flowHeld]()))
	}))
}

func TestPanicOfOneOfManySinksTravels(t *testing.T) {
	panicsTravel(t, func(in ints, leave func()) ints {
		return sinking(func(func(int) error) flow.Sink[int, []struct{}] {
			return flow.CombineSinks(flow.Ignore[int](), flow.ForEach(func(context.Context, int) error {
				leave()
				return nil
			}), looping(func(int) error { return nil }))
		})(flow.Concat(in, flow.Never[int]()))
	})
}

func TestSinkThatHasHadEnoughLeavesTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		late := flow.To(flow.Async[int], enough(1))
		counts, err := flow.CombineSinks(enough(2), counting, late).Run(t.Context(), flow.Of(1, 2, 3, 4))
		require.NoError(t, err)
		require.Equal(t, []int{2, 4, 1}, counts)
	})
}

func TestStreamIsStoppedOnceAllSinksHaveHadEnough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := flow.Concat(flow.Of(1, 2, 3), flow.Never[int]())
		for _, sinks := range [][]flow.Sink[int, int]{
			{},
			{enough(2), enough(1)},
			{enough(0)},
			{enough(3), flow.To(flow.Async[int], enough(2))},
			{flow.To(flow.Async[int], enough(3)), flow.To(flow.Async[int], enough(2))},
			{enough(2), flow.NewSink("Nothing", func(context.Context, ints) (int, error) { return 0, nil })},
		} {
			counts, err := flow.CombineSinks(sinks...).Run(t.Context(), in)
			require.NoError(t, err)
			require.Len(t, counts, len(sinks))
		}
	})
}

func TestFirstErrorOfASinkEndsThemAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failing := flow.ForEach(func(context.Context, int) error { return errTest })
		_, err := flow.CombineSinks(failing, flow.ForEach(func(context.Context, int) error { return nil })).
			Run(t.Context(), flow.Concat(flow.Of(1, 2), flow.Never[int]()))
		require.Equal(t, errTest, err)

		late := flow.NewSink("Late", func(ctx context.Context, in ints) (struct{}, error) {
			time.Sleep(time.Second)
			return struct{}{}, errTest
		})
		start := time.Now()
		_, err = flow.CombineSinks(late, flow.Ignore[int](), flow.To(func(in ints) ints {
			return flow.Concat(in, flow.Never[int]())
		}, flow.Ignore[int]())).Run(t.Context(), flow.Of(1))
		require.Equal(t, errTest, err)
		require.Equal(t, time.Second, time.Since(start))
	})
}

func TestSinkThatGoesOnAfterTheEndDoesNotHoldUpTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var ended []time.Duration
		lasting := func(in ints) ints { return flow.Concat(in, after(time.Second, flow.Empty[int]())) }
		_, err := flow.CombineSinks(
			flow.To(lasting, flow.Ignore[int]()),
			flow.OnComplete[int](func(error) { ended = append(ended, time.Since(start)) }),
		).Run(t.Context(), flow.Of(1))
		require.NoError(t, err)
		require.Equal(t, []time.Duration{0}, ended)
		require.Equal(t, time.Second, time.Since(start))
	})
}

func TestCombineSinksAllocatesNothingPerValue(t *testing.T) {
	require.LessOrEqual(t, allocations(sinking(func(emit func(int) error) flow.Sink[int, []struct{}] {
		return flow.CombineSinks(emitting(emit), flow.Ignore[int]())
	})), 100.0)
}

func BenchmarkCombineSinks(b *testing.B) {
	benchmark(b, sinking(func(emit func(int) error) flow.Sink[int, []struct{}] {
		return flow.CombineSinks(emitting(emit), flow.Ignore[int]())
	}))
}
