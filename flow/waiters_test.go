package flow_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
)

func ExampleQueue_Put() {
	jobs := flow.NewQueue[int](1)
	go func() {
		defer jobs.Close()
		for job := range 3 {
			if err := jobs.Put(context.Background(), job); err != nil {
				return // nobody wants more of them
			}
		}
	}()
	fmt.Println(flow.Collect(context.Background(), jobs.Source()))
	// Output: [0 1 2] <nil>
}

func ExampleNewQueueWith() {
	latest := flow.NewQueueWith[string](1, flow.DropOldest)
	fmt.Println(latest.Offer("old"), latest.Offer("new"))
	latest.Close()
	fmt.Println(flow.Collect(context.Background(), latest.Source()))
	// Output:
	// Taken Taken
	// [new] <nil>
}

// putting passes its input through a queue in which there is room for one value.
func putting[T any](in flow.Source[T]) flow.Source[T] {
	return flow.FromFunc(func(ctx context.Context, emit func(T) error) error {
		q := flow.NewQueue[T](1)
		fill := flow.NewSink("Fill", func(ctx context.Context, in flow.Source[T]) (struct{}, error) {
			err := in.Run(ctx, func(v T) error { return q.Put(ctx, v) })
			q.Fail(err)
			return struct{}{}, err
		})
		return flow.FromSinkAndSourceUncoupled(fill, q.Source())(in).Run(ctx, emit)
	})
}

func TestQueueThatIsPutToKeepsTheLaws(t *testing.T) {
	keepsTheLaws(t, putting[int], []int{1, 2, 3, 4}, []int{1, 2, 3, 4}, flowtest.Except(flowtest.Panics, flowtest.Failure))
	holds(t, putting[*flowHeld])
}

func TestStrategyOfAQueue(t *testing.T) {
	for _, test := range []struct {
		strategy flow.OverflowStrategy
		answers  string
		values   []int
		err      error
	}{
		{flow.Backpressure, "[Taken Taken Dropped Dropped]", []int{0, 1}, nil},
		{flow.DropNewest, "[Taken Taken Dropped Dropped]", []int{0, 1}, nil},
		{flow.DropOldest, "[Taken Taken Taken Taken]", []int{2, 3}, nil},
		{flow.DropAll, "[Taken Taken Taken Taken]", []int{2, 3}, nil},
		{flow.FailOnOverflow, "[Taken Taken Closed Closed]", []int{0, 1}, flow.ErrOverflow},
	} {
		t.Run(test.strategy.String(), func(t *testing.T) {
			q := flow.NewQueueWith[int](2, test.strategy)
			var answers []flow.Offered
			for v := range 4 {
				answers = append(answers, q.Offer(v))
			}
			require.Equal(t, test.answers, fmt.Sprint(answers))
			q.Close()
			values, err := flow.Collect(t.Context(), q.Source())
			require.Equal(t, test.values, values)
			require.Equal(t, test.err, err)
		})
	}
}

func TestNewQueueWithNeedsACapacityAndAStrategy(t *testing.T) {
	require.Panics(t, func() { flow.NewQueueWith[int](0, flow.DropOldest) })
	require.Panics(t, func() { flow.NewQueueWith[int](1, flow.FailOnOverflow+1) })
}

// waiting starts n calls of Put on q, one after the other, and returns where they say what became of them.
func waiting(ctx context.Context, q *flow.Queue[int], n int) []chan error {
	results := make([]chan error, n)
	for v := range n {
		results[v] = make(chan error, 1)
		go func() { results[v] <- q.Put(ctx, v) }()
		synctest.Wait()
	}
	return results
}

func TestPutWaitsForRoomInTheOrderOfItsCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := flow.NewQueue[int](2)
		results := waiting(t.Context(), q, 5)
		require.Equal(t, 2, q.Len())
		require.Len(t, results[1], 1)
		require.Empty(t, results[2])
		require.Equal(t, flow.Dropped, q.Offer(9))
		go func() {
			time.Sleep(time.Second)
			q.Close()
		}()
		values, err := flow.Collect(t.Context(), q.Source())
		require.NoError(t, err)
		require.Equal(t, []int{0, 1, 2, 3, 4}, values)
		for _, result := range results {
			require.NoError(t, <-result)
		}
	})
}

func TestPutEndsWithTheCauseOfItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := flow.NewQueue[int](1)
		ctx, cancel := context.WithCancelCause(t.Context())
		kept := waiting(t.Context(), q, 2)
		left := waiting(ctx, q, 3)
		last := waiting(t.Context(), q, 1)
		cancel(errTest)
		for _, result := range left {
			require.Equal(t, errTest, <-result)
		}
		require.Equal(t, errTest, q.Put(ctx, 7), "also where there would be room")
		values, err := flow.Collect(t.Context(), flow.Take(q.Source(), 3))
		require.NoError(t, err)
		require.Equal(t, []int{0, 1, 0}, values)
		require.NoError(t, <-kept[0])
		require.NoError(t, <-kept[1])
		require.NoError(t, <-last[0])
	})
}

func TestPutIsRefusedOnceTheQueueTakesNoMore(t *testing.T) {
	for name, shut := range map[string]func(*flow.Queue[int]){
		"closed": func(q *flow.Queue[int]) { q.Close() },
		"failed": func(q *flow.Queue[int]) { q.Fail(errTest) },
		"its run has ended": func(q *flow.Queue[int]) {
			_ = q.Source().Run(context.Background(), func(int) error { return errTest })
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := flow.NewQueue[int](1)
				q.Offer(8)
				q.Offer(9)
				results := waiting(t.Context(), q, 3)
				shut(q)
				refused := 0
				for _, result := range results {
					if <-result == flow.ErrQueueClosed {
						refused++
					}
				}
				// The run has made room for one when it took the value at which it was stopped.
				require.GreaterOrEqual(t, refused, 2)
				require.Equal(t, flow.ErrQueueClosed, q.Put(t.Context(), 1))
			})
		})
	}
}

func TestDropAllMakesRoomForThoseWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := flow.NewQueueWith[int](3, flow.DropAll)
		for range 3 {
			q.Offer(9)
		}
		results := waiting(t.Context(), q, 2)
		require.Equal(t, flow.Taken, q.Offer(5))
		require.NoError(t, <-results[0])
		require.NoError(t, <-results[1])
		q.Close()
		values, err := flow.Collect(t.Context(), q.Source())
		require.NoError(t, err)
		require.Equal(t, []int{5, 0, 1}, values)
	})
}

func TestValuesThatArePutAreHeldWhileTheyWaitAndOnceTheyAreTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		held := &countedHolds{}
		q := flow.NewQueue[*countedHolds](1)
		q.Offer(held)
		result := make(chan error)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { result <- q.Put(ctx, held) }()
		synctest.Wait()
		require.Equal(t, 2, held.n)
		cancel()
		require.Error(t, <-result)
		require.Equal(t, 1, held.n)
		go func() { result <- q.Put(t.Context(), held) }()
		synctest.Wait()
		_ = q.Source().Run(t.Context(), func(*countedHolds) error { return errTest })
		require.NoError(t, <-result)
		require.Zero(t, held.n)
	})
}

type countedHolds struct{ n int }

func (c *countedHolds) Hold()    { c.n++ }
func (c *countedHolds) Release() { c.n-- }

// Many who put, some of whom give up: what was said to be taken comes, once and in order, and nothing else does.
func TestNothingIsLostBetweenManyWhoPut(t *testing.T) {
	const producers, each = 8, 2000
	q := flow.NewQueue[[2]int](3)
	var taken [producers][]int
	var putting sync.WaitGroup
	for p := range producers {
		putting.Go(func() {
			for v := range each {
				ctx, cancel := context.WithCancel(t.Context())
				if v%3 == 0 {
					go cancel()
				}
				if q.Put(ctx, [2]int{p, v}) == nil {
					taken[p] = append(taken[p], v)
				}
				cancel()
			}
		})
	}
	go func() {
		putting.Wait()
		q.Close()
	}()
	var came [producers][]int
	require.NoError(t, q.Source().Run(t.Context(), func(v [2]int) error {
		came[v[0]] = append(came[v[0]], v[1])
		return nil
	}))
	require.Equal(t, taken, came)
}

func BenchmarkQueuePut(b *testing.B) {
	b.ReportAllocs()
	q := flow.NewQueue[int](1024)
	go func() {
		defer q.Close()
		for v := range b.N {
			_ = q.Put(b.Context(), v)
		}
	}()
	_, err := flow.Ignore[int]().Run(b.Context(), q.Source())
	if err != nil {
		b.Fatal(err)
	}
}
