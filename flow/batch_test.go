package flow_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func singleBatch[T any](v T) []T { return []T{v} }

func joinedBatch[T any](all []T, v T) []T { return append(all, v) }

func batchElements[T any](in flow.Source[[]T]) flow.Source[T] {
	return flow.MapConcat(in, func(all []T) []T { return all })
}

func batched(n int) flow.Flow[int, []int] {
	return func(in ints) flow.Source[[]int] { return flow.Batch(in, n, singleBatch[int], joinedBatch[int]) }
}

func ExampleBatch() {
	rows := flow.Batch(flow.FromSeq(upTo(5)), 100, singleBatch[int], joinedBatch[int])
	n := 0
	err := rows.Run(context.Background(), func(batch []int) error { // written to a database, say
		n += len(batch)
		return nil
	})
	fmt.Println(n, "rows", err)
	// Output: 5 rows <nil>
}

func ExampleBatchWeighted() {
	size := func(s string) int { return len(s) }
	lines := flow.BatchWeighted(flow.Of("a", "b", "c"), 1, size, singleBatch[string], joinedBatch[string])
	fmt.Println(flow.Collect(context.Background(), lines))
	// Output: [[a] [b] [c]] <nil>
}

// sideBySide are the operators that make one of what comes while what follows is busy, with batches taken apart again.
var sideBySide = map[string]flow.Flow[int, int]{
	"Batch": func(in ints) ints { return batchElements(batched(2)(in)) },
	"unlimited": func(in ints) ints {
		return batchElements(flow.ConflateWithSeed(in, singleBatch[int], joinedBatch[int]))
	},
	"BatchWeighted": func(in ints) ints {
		return batchElements(flow.BatchWeighted(in, 3, func(v int) int { return v }, singleBatch[int], joinedBatch[int]))
	},
}

func TestBatchesKeepTheLaws(t *testing.T) {
	for name, f := range sideBySide {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			keepsTheLaws(t, f, []int{1, 2, 3, 4}, []int{1, 2, 3, 4})
			keepsTheLaws(t, f, nil, nil)
		})
	}
}

func TestPanicsInBatchTravel(t *testing.T) {
	panicsTravel(t, func(in ints, leave func()) ints {
		return batchElements(flow.Batch(in, 2, func(int) []int { leave(); return nil }, joinedBatch[int]))
	})
	panicsTravel(t, func(in ints, leave func()) ints {
		return batchElements(flow.BatchWeighted(in, 2, func(int) int { leave(); return 1 }, singleBatch[int], joinedBatch[int]))
	})
	synctest.Test(t, func(t *testing.T) {
		broken := flow.Batch(script("1@1 2@2 3@3"), 9, singleBatch[int], func([]int, int) []int { panic("oops") })
		require.Panics(t, func() { _, _ = drawing(t.Context(), broken, 9) })
	})
}

func TestBatchIsWhatCameWhileWhatFollowsWasBusy(t *testing.T) {
	draws(t, batched(3)(script("1@1 2@2 3@3 4@4 5@5 6@30 |31")), "[1]@1 [2 3 4]@10 [5]@19 [6]@30 |31", 9, 9, 9)
}

func TestInputOfABatchWaitsOnlyWhenItIsFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var at []float64
		in := flow.Map(flow.FromSeq(upTo(6)), func(v int) int {
			synctest.Wait() // what is batched is known
			at = append(at, time.Since(start).Seconds())
			return v
		})
		got, err := drawing(t.Context(), batched(2)(in), 9, 9, 9)
		require.NoError(t, err)
		require.Equal(t, "[0]@0 [1 2]@9 [3 4]@18 [5]@27 |27", got)
		// 3 waits for 9, 4 comes then, 5 waits for 18.
		require.Equal(t, []float64{0, 0, 0, 0, 9, 9}, at)
	})
}

func TestBatchByCost(t *testing.T) {
	in := script("1@1 2@2 3@3 4@4 9@5 0@6 |40")
	weighted := flow.BatchWeighted(in, 5, func(v int) int { return v }, singleBatch[int], joinedBatch[int])
	draws(t, weighted, "[1]@1 [2 3]@10 [4]@19 [9]@28 [0]@37 |46", 9, 9, 9, 9, 9)
	negative := flow.BatchWeighted(flow.Of(1), 5, func(int) int { return -1 }, singleBatch[int], joinedBatch[int])
	require.Panics(t, func() { _, _ = flow.Collect(t.Context(), negative) })
}

func TestErrorDoesNotOvertakeABatch(t *testing.T) {
	require.Equal(t, errTest, endOf(t, batched(9)(script("1@1 2@2 3@3 X4")), "[1]@1 [2 3]@10 X10", 9))
}

func TestStopEndsABatchWhoseInputWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := errors.New("stop")
		err := batched(1)(flow.FromSeq(upTo(100))).Run(t.Context(), func([]int) error {
			time.Sleep(time.Second)
			return stop
		})
		require.Equal(t, stop, err)
	})
}

func TestBatchChecksItsArguments(t *testing.T) {
	require.Panics(t, func() { batched(0)(flow.Of(1)) })
	require.Panics(t, func() {
		flow.BatchWeighted(flow.Of(1), 0, func(int) int { return 1 }, singleBatch[int], joinedBatch[int])
	})
}

func BenchmarkBatch(b *testing.B) {
	benchmark(b, func(in ints) ints {
		return flow.Batch(in, 64, func(v int) int { return v }, func(_, v int) int { return v })
	})
}

func BenchmarkBatchWeighted(b *testing.B) {
	benchmark(b, func(in ints) ints {
		return flow.BatchWeighted(in, 64, func(int) int { return 1 }, func(v int) int { return v }, func(_, v int) int { return v })
	})
}
