package flow_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
)

func ExampleQueue() {
	news := flow.NewQueue[string](2)
	fmt.Println(news.Offer("one"), news.Offer("two"), news.Offer("three"))
	news.Close()
	fmt.Println(flow.Collect(context.Background(), news.Source()))
	fmt.Println(news.Offer("four"))
	// Output:
	// Taken Taken Dropped
	// [one two] <nil>
	// Closed
}

func filled(values ...int) *flow.Queue[int] {
	q := flow.NewQueue[int](100)
	for _, v := range values {
		q.Offer(v)
	}
	return q
}

func TestQueueKeepsTheLaws(t *testing.T) {
	sourceKeepsTheLaws(t, func() ints { return filled(1, 2, 3).Source() }, []int{1, 2, 3}, flowtest.OneShot(), flowtest.Endless())
	sourceKeepsTheLaws(t, func() ints {
		q := filled(1, 2, 3)
		q.Close()
		return q.Source()
	}, []int{1, 2, 3}, flowtest.OneShot())
}

// queued passes its input through a queue.
func queued[T any](in flow.Source[T]) flow.Source[T] {
	return flow.FromFunc(func(ctx context.Context, emit func(T) error) error {
		q := flow.NewQueue[T](100)
		fill := flow.NewSink("Fill", func(ctx context.Context, in flow.Source[T]) (struct{}, error) {
			err := in.Run(ctx, func(v T) error {
				q.Offer(v)
				return nil
			})
			q.Fail(err)
			return struct{}{}, err
		})
		return flow.FromSinkAndSourceUncoupled(fill, q.Source())(in).Run(ctx, emit)
	})
}

func TestFilledQueueKeepsTheLaws(t *testing.T) {
	keepsTheLaws(t, queued[int], []int{1, 2, 3}, []int{1, 2, 3}, flowtest.Except(flowtest.Panics, flowtest.Failure))
	holds(t, queued[*flowHeld])
}

func TestFailedQueueGivesItsValuesFirst(t *testing.T) {
	q := filled(1, 2)
	q.Fail(errTest)
	q.Fail(nil)
	q.Close()
	require.Equal(t, flow.Closed, q.Offer(3))
	require.Equal(t, 2, q.Len())
	values, err := flow.Collect(t.Context(), q.Source())
	require.Equal(t, []int{1, 2}, values)
	require.Equal(t, errTest, err)
}

func TestQueueIsClosedOnceItsRunHasEnded(t *testing.T) {
	q := filled(1, 2)
	_, err := flow.Head[int]().Run(t.Context(), q.Source())
	require.NoError(t, err)
	require.Equal(t, flow.Closed, q.Offer(3))
	require.Zero(t, q.Len())
}

func TestQueueMayBeOfferedFromAnywhere(t *testing.T) {
	q := flow.NewQueue[int](10_000)
	var offering sync.WaitGroup
	for range 4 {
		offering.Go(func() {
			for v := range 1000 {
				q.Offer(v)
			}
		})
	}
	go func() {
		offering.Wait()
		q.Close()
	}()
	sum, err := flow.Fold(0, func(sum, v int) int { return sum + v }).Run(t.Context(), q.Source())
	require.NoError(t, err)
	require.Equal(t, 4*999*1000/2, sum)
}

func TestQueueWaitsForOffers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := flow.NewQueue[int](1)
		go func() {
			for v := range 100 {
				synctest.Wait() // until the queue is read
				require.Equal(t, flow.Taken, q.Offer(v))
			}
			q.Close()
		}()
		values, err := flow.Collect(t.Context(), q.Source())
		require.NoError(t, err)
		require.Len(t, values, 100)
	})
}

func TestOfferedHasNames(t *testing.T) {
	require.Equal(t, "Taken Dropped Closed Offered(0)", fmt.Sprint(flow.Taken, " ", flow.Dropped, " ", flow.Closed, " ", flow.Offered(0)))
	require.Panics(t, func() { flow.NewQueue[int](0) })
}
