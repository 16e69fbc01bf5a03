package gostreams_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reugn/go-streams"
	gsflow "github.com/reugn/go-streams/flow"
	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
	"github.com/wsflow/wsflow/flow/gostreams"
)

// every emits 0 to n-1, one after each interval.
func every(interval time.Duration, n int) ints {
	return flow.TryMap(flow.FromSeq(upTo(n)), func(ctx context.Context, v int) (int, error) {
		select {
		case <-time.After(interval):
			return v, nil
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	})
}

// grouping is a chain of one operator that makes slices.
func grouping(operator func() streams.Flow) flow.Flow[int, []int] {
	return gostreams.Flow[int, []int](func(_ context.Context, in streams.Source) streams.Flow { return in.Via(operator()) })
}

func TestOperatorsWithTimeKeepTheirTime(t *testing.T) {
	for _, test := range []struct {
		name     string
		operator func() streams.Flow
		in       ints
		want     [][]int
	}{
		{
			"Batch by size and by time", func() streams.Flow { return gsflow.NewBatch[int](3, 10*time.Second) },
			flow.Concat(every(time.Second, 4), every(time.Minute, 1)),
			[][]int{{0, 1, 2}, {3}, {0}},
		},
		{
			"TumblingWindow", func() streams.Flow { return gsflow.NewTumblingWindow[int](2400 * time.Millisecond) },
			every(time.Second, 6),
			[][]int{{0, 1}, {2, 3}, {4, 5}},
		},
		{
			"SessionWindow", func() streams.Flow { return gsflow.NewSessionWindow[int](10 * time.Second) },
			flow.Concat(every(time.Second, 3), every(time.Minute, 2)),
			[][]int{{0, 1, 2}, {0}, {1}},
		},
		{
			"SlidingWindow", func() streams.Flow { return gsflow.NewSlidingWindow[int](2*time.Second, time.Second) },
			every(1100*time.Millisecond, 4),
			[][]int{{0, 1}, {1, 2}, {2, 3}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				got, err := flow.Collect(t.Context(), grouping(test.operator)(test.in))
				require.NoError(t, err)
				require.Equal(t, test.want, got)
			})
		})
	}
}

func TestOperatorsWithTimeKeepTheLaws(t *testing.T) {
	for name, operator := range map[string]func() streams.Flow{
		"Batch":          func() streams.Flow { return gsflow.NewBatch[int](10, time.Hour) },
		"TumblingWindow": func() streams.Flow { return gsflow.NewTumblingWindow[int](time.Hour) },
		"SessionWindow":  func() streams.Flow { return gsflow.NewSessionWindow[int](time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				err := flowtest.TestFlow(grouping(operator), []int{1, 2}, [][]int{{1, 2}}, flowtest.Lossy(), flowtest.Patience(time.Minute),
					flowtest.Except(flowtest.Failure, flowtest.Panics)) // gives what it has, however little, and then the error
				require.NoError(t, err)
			})
		})
	}
}

func throttled(elements, buffer int, mode gsflow.ThrottleMode) flow.Flow[int, int] {
	return through(func(_ context.Context, in streams.Source) streams.Flow {
		return in.Via(gsflow.NewThrottler(elements, time.Second, buffer, mode))
	})
}

// A Throttler that is read with Out, and not attached with Via, does not throttle.
func TestThrottlerThrottles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		got, err := flow.Collect(t.Context(), throttled(2, 1, gsflow.Backpressure)(flow.FromSeq(upTo(10))))
		require.NoError(t, err)
		require.Len(t, got, 10)
		require.GreaterOrEqual(t, time.Since(began), 4*time.Second)
	})
}

func TestThrottlerDiscards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got, err := flow.Collect(t.Context(), throttled(1, 1, gsflow.Discard)(flow.FromSeq(upTo(100))))
		require.NoError(t, err)
		require.Less(t, len(got), 100)
	})
}

func TestThrottlerKeepsTheLaws(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		require.NoError(t, flowtest.TestFlow(throttled(1, 2, gsflow.Backpressure), []int{1, 2, 3}, []int{1, 2, 3},
			flowtest.Lossy(), flowtest.Patience(time.Minute)))
	})
}

func TestStoppedThrottlerEndsWhenItHasGivenUpWhatItHolds(t *testing.T) {
	for _, test := range []struct {
		name        string
		opts        []gostreams.Option
		least, most time.Duration
	}{
		// It holds five values or so, and may miss a signal of its own.
		{"waiting for it", nil, 3 * time.Second, 10 * time.Second},
		{"leaving it behind", []gostreams.Option{gostreams.LeakAfter(0)}, 0, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				chain := through(func(_ context.Context, in streams.Source) streams.Flow {
					return in.Via(gsflow.NewThrottler(1, time.Second, 3, gsflow.Backpressure))
				}, test.opts...)
				err := chain(flow.FromSeq(upTo(100))).Run(t.Context(), func(int) error {
					synctest.Wait() // the buffer of the Throttler is full, and two more values are on their way there
					return errTest
				})
				require.Equal(t, errTest, err)
				require.GreaterOrEqual(t, time.Since(began), test.least)
				require.LessOrEqual(t, time.Since(began), test.most)
				time.Sleep(time.Minute) // what was left behind ends in its time: the bubble would see it otherwise
			})
		})
	}
}
