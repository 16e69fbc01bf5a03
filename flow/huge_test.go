package flow_test

import (
	"context"
	"math"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
)

// What a number bounds is not made beforehand, and the number may be the largest there is: it stands for "without limit".

func TestParallelismMayBeWithoutLimit(t *testing.T) {
	const all = 100
	takeTime := func(ctx context.Context, v int) (int, error) {
		time.Sleep(time.Second)
		return v, nil
	}
	for name, f := range map[string]flow.Flow[int, int]{
		"MapAsync":          func(in ints) ints { return flow.MapAsync(in, math.MaxInt, takeTime) },
		"MapAsyncUnordered": func(in ints) ints { return flow.MapAsyncUnordered(in, math.MaxInt, takeTime) },
		"MapAsyncPartitioned": func(in ints) ints {
			return flow.MapAsyncPartitioned(in, math.MaxInt, func(v int) int { return v }, func(ctx context.Context, _, v int) (int, error) {
				return takeTime(ctx, v)
			})
		},
		"FlatMapMerge": func(in ints) ints {
			return flow.FlatMapMerge(in, math.MaxInt, func(v int) ints { return flow.InitialDelay(flow.Of(v), time.Second) })
		},
		"ForEachAsync": func(in ints) ints {
			return flow.FromFunc(func(ctx context.Context, _ func(int) error) error {
				_, err := flow.ForEachAsync(math.MaxInt, func(ctx context.Context, v int) error {
					_, err := takeTime(ctx, v)
					return err
				}).Run(ctx, in)
				return err
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				require.NoError(t, f(flow.FromSeq(upTo(all))).Run(t.Context(), func(int) error { return nil }))
				require.Equal(t, time.Second, time.Since(start), "all at once")
			})
		})
	}
}

func TestHugeBoundsNeedNoMemory(t *testing.T) {
	const huge = 1 << 40
	for name, f := range map[string]flow.Flow[int, int]{
		"Buffer":        func(in ints) ints { return flow.Buffer(in, huge, flow.Backpressure) },
		"Delay":         func(in ints) ints { return flow.Delay(in, 1, huge, flow.Backpressure) },
		"Grouped":       func(in ints) ints { return flow.MapConcat(flow.Grouped(in, huge), identity) },
		"Sliding":       func(in ints) ints { return flow.MapConcat(flow.Sliding(in, huge, huge), identity) },
		"GroupedWithin": func(in ints) ints { return flow.MapConcat(flow.GroupedWithin(in, huge, time.Hour), identity) },
		"TakeLast":      func(in ints) ints { return flow.TakeLast(in, huge) },
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			values, err := flow.Collect(t.Context(), f(flow.Of(1, 2, 3)))
			runtime.ReadMemStats(&after)
			require.NoError(t, err)
			require.Equal(t, []int{1, 2, 3}, values)
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20))
		})
	}
}

func identity(values []int) []int { return values }

// A large buffer is one that grows; that it lets its input wait when it is full is no different.
func TestLargeBufferKeepsTheLaws(t *testing.T) {
	const large = 5000
	buffer := func(in ints) ints { return flow.Buffer(in, large, flow.Backpressure) }
	keepsTheLaws(t, buffer, []int{1, 2, 3}, []int{1, 2, 3})
	require.NoError(t, flowtest.TestHolding(func(in flow.Source[*flowHeld]) flow.Source[*flowHeld] {
		return flow.Buffer(in, large, flow.Backpressure)
	}, 4))
	synctest.Test(t, func(t *testing.T) {
		taken := 0
		in := flow.WireTap(flow.FromSeq(upTo(3*large)), flow.ForEach(func(context.Context, int) error { return nil }))
		in = flow.Map(in, func(v int) int {
			taken++
			return v
		})
		n := 0
		require.NoError(t, buffer(in).Run(t.Context(), func(v int) error {
			if n == 0 {
				synctest.Wait()
				require.Equal(t, large+2, taken, "the one that is emitted, those in the buffer, and the one that waits")
			}
			require.Equal(t, n, v)
			n++
			return nil
		}))
		require.Equal(t, 3*large, n)
	})
}

func TestHugePrioritiesAreShared(t *testing.T) {
	of := func(v, priority int) flow.Prioritized[int] {
		return flow.Prioritized[int]{Source: flow.Take(flow.Repeat(v), 20), Priority: priority}
	}
	synctest.Test(t, func(t *testing.T) {
		waiting := flow.MergePrioritized(of(0, math.MaxInt), of(1, math.MaxInt), of(2, 1))
		var first [3]int
		n := 0
		require.NoError(t, waiting.Run(t.Context(), func(v int) error {
			synctest.Wait() // until each has a value
			if n++; n > 2 && n <= 22 {
				first[v]++
			}
			return nil
		}))
		require.InDelta(t, first[0], first[1], 2, "%v", first)
		require.LessOrEqual(t, first[2], 1, "%v", first)
	})
}

// A wait that is no number is not one of no time, in which a source that fails at once would spin.
func TestRandomPartOfAWaitThatIsNoNumberIsLeftOut(t *testing.T) {
	for _, random := range []float64{math.NaN(), math.Inf(-1), -7} {
		waits := restartsAt(t, flow.RestartSettings{MinBackoff: time.Second, RandomFactor: 1, Rand: func() float64 { return random }}, 3)
		require.Equal(t, []time.Duration{time.Second, 2 * time.Second}, waits)
	}
	waits := restartsAt(t, flow.RestartSettings{MinBackoff: time.Second, RandomFactor: math.NaN()}, 3)
	require.Equal(t, []time.Duration{time.Second, 2 * time.Second}, waits)
}
