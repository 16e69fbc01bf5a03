package hub_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
	"github.com/wsflow/wsflow/hub"
)

func TestMergeKeepsTheLaws(t *testing.T) {
	sourceKeepsTheLaws(t, func() flow.Source[int] {
		m := hub.NewMerge[int](0)
		_, err := m.Sink().Run(context.Background(), flow.Of(1, 2, 3))
		require.NoError(t, err)
		m.Close()
		return m.Source()
	}, []int{1, 2, 3}, flowtest.OneShot())
}

func TestMergeHolds(t *testing.T) {
	require.NoError(t, flowtest.TestHolding(func(in flow.Source[*flowtest.Held]) flow.Source[*flowtest.Held] {
		return flow.FromFunc(func(ctx context.Context, emit func(*flowtest.Held) error) error {
			m := hub.NewMerge[*flowtest.Held](2)
			ctx, cancel := context.WithCancelCause(ctx)
			var producer sync.WaitGroup
			producer.Go(func() {
				in.Start(ctx, func(v *flowtest.Held) error { return m.Publish(ctx, v) }, m.Fail)
			})
			defer func() {
				cancel(errTest)
				producer.Wait()
			}()
			return m.Source().Run(ctx, emit)
		})
	}, 4))
}

func TestProducersOfAMergeTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := hub.NewMerge[int](4)
		busy := later(func() error {
			_, err := m.Sink().Run(t.Context(), flow.FromSeq(slices.Values([]int{1, 2, 3, 4, 5, 6, 7, 8})))
			return err
		})
		quiet := later(func() error { _, err := m.Sink().Run(t.Context(), flow.Of(-1, -2)); return err })
		require.NoError(t, <-quiet)
		require.True(t, isWaiting(busy))
		got := run(t, m.Source())
		require.Equal(t, []int{1, -1, 2, -2, 3, 4, 5, 6, 7, 8}, got.values())
		require.NoError(t, <-busy)
		require.True(t, got.isRunning())
	})
}

func TestFailedProducerDoesNotEndTheMerge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := hub.NewMerge[int](0)
		got := run(t, m.Source())
		_, err := m.Sink().Run(t.Context(), flow.Concat(flow.Of(1), flow.Fail[int](errTest)))
		require.Equal(t, errTest, err)
		require.Zero(t, m.Producers())
		require.NoError(t, m.Publish(t.Context(), 2))
		require.Equal(t, []int{1, 2}, got.values())
	})
}

func TestClosedMergeStopsItsProducers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := hub.NewMerge[int](1)
		waits := later(func() error { _, err := m.Sink().Run(t.Context(), flow.Never[int]()); return err })
		full := later(func() error { _, err := m.Sink().Run(t.Context(), flow.Of(1, 2)); return err })
		direct := []<-chan error{}
		for range 3 {
			direct = append(direct, later(func() error { return m.Publish(t.Context(), 3) }))
		}
		m.Close()
		require.NoError(t, <-waits)
		require.NoError(t, <-full)
		require.NoError(t, <-direct[0]) // it was in the buffer
		require.ErrorIs(t, <-direct[1], hub.ErrClosed)
		require.ErrorIs(t, <-direct[2], hub.ErrClosed)
		got := run(t, m.Source())
		require.Equal(t, []int{1, 3}, got.values())
		require.NoError(t, got.end(t))
	})
}

func TestFailedMergeDeliversWhatItHas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := hub.NewMerge[int](0)
		waits := later(func() error { _, err := m.Sink().Run(t.Context(), flow.Never[int]()); return err })
		require.NoError(t, m.Publish(t.Context(), 1))
		m.Fail(errTest)
		require.Equal(t, errTest, <-waits)
		err := m.Publish(t.Context(), 2)
		require.ErrorIs(t, err, hub.ErrClosed)
		require.ErrorIs(t, err, errTest)
		got := run(t, m.Source())
		require.Equal(t, []int{1}, got.values())
		require.Equal(t, errTest, got.end(t))
	})
}

func TestPublisherOfAMergeCanBeCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := hub.NewMerge[int](1)
		require.NoError(t, m.Publish(t.Context(), 1))
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errTest)
		defer cancel()
		require.ErrorIs(t, m.Publish(ctx, 2), errTest)
		require.ErrorIs(t, m.Publish(ctx, 3), errTest)
		got := run(t, m.Source())
		require.Equal(t, []int{1}, got.values())
	})
}

func TestEndOfTheConsumerClosesTheMerge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := hub.NewMerge[int](0)
		waits := later(func() error {
			_, err := m.Sink().Run(t.Context(), flow.Concat(flow.Of(1, 2), flow.Never[int]()))
			return err
		})
		got := run(t, m.Source())
		got.cancel(errTest)
		require.ErrorIs(t, got.end(t), errTest)
		require.NoError(t, <-waits)
		require.ErrorIs(t, m.Publish(t.Context(), 1), hub.ErrClosed)
		require.ErrorIs(t, run(t, m.Source()).end(t), flow.ErrConsumed)
	})
}

func TestDrainLetsTheProducersOfAMergeFinish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := hub.NewMerge[int](0)
		in := flow.NewQueue[int](8)
		producer := later(func() error { _, err := m.Sink().Run(t.Context(), in.Source()); return err })
		got := run(t, m.Source())
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errTest)
		defer cancel()
		require.ErrorIs(t, m.Drain(ctx), errTest)
		drained := later(func() error { return m.Drain(t.Context()) })

		_, err := m.Sink().Run(t.Context(), flow.Of(8))
		require.NoError(t, err)
		require.ErrorIs(t, m.Publish(t.Context(), 9), hub.ErrClosed)
		require.Equal(t, flow.Taken, in.Offer(1))
		require.Equal(t, []int{1}, got.values())
		require.Equal(t, flow.Taken, in.Offer(2))
		in.Close()
		require.NoError(t, <-producer)
		require.True(t, isWaiting(drained))
		require.Equal(t, []int{1, 2}, got.values())
		require.NoError(t, <-drained)
		require.NoError(t, got.end(t))
	})
}

func TestDrainedMergeEndsWithItsLastProducer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := hub.NewMerge[int](0)
		in := flow.NewQueue[int](8)
		later(func() error { _, err := m.Sink().Run(t.Context(), in.Source()); return err })
		got := run(t, m.Source())
		drained := later(func() error { return m.Drain(t.Context()) })
		require.True(t, isWaiting(drained))
		in.Close()
		require.NoError(t, <-drained)
		require.NoError(t, got.end(t))
	})
}

func TestManyProducersOfAMergeLoseNothing(t *testing.T) {
	m := hub.NewMerge[[2]int](3)
	var producers sync.WaitGroup
	const n, each = 20, 500
	for i := range n {
		producers.Go(func() {
			values := func(yield func([2]int) bool) {
				for v := range each {
					if !yield([2]int{i, v}) {
						return
					}
				}
			}
			if i%2 == 0 {
				_, err := m.Sink().Run(t.Context(), flow.FromSeq(values))
				if err != nil {
					t.Error(err)
				}
				return
			}
			for v := range values {
				if err := m.Publish(t.Context(), v); err != nil {
					t.Error(err)
				}
			}
		})
	}
	go func() {
		producers.Wait()
		m.Close()
	}()
	var next [n]int
	for v, err := range m.Source().All(t.Context()) {
		require.NoError(t, err)
		require.Equal(t, next[v[0]], v[1])
		next[v[0]]++
	}
	for i := range n {
		require.Equal(t, each, next[i])
	}
}
