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

func ExampleWithStatistics() {
	source := flow.Map(flow.Filter(flow.Of(1, 2, 3, 4), even), addOne)
	ctx, stats := flow.WithStatistics(context.Background())
	_, _ = flow.Collect(ctx, source)
	for node := flow.Describe(source); ; node = node.Inputs[0] {
		fmt.Println(node.Name, stats.Of(node).Values)
		if len(node.Inputs) == 0 {
			break
		}
	}
	// Output:
	// Map 2
	// Filter 2
	// Of 4
}

// takesTime is a function for TryMap and MapAsync that takes as long for every value.
func takesTime(d time.Duration) func(context.Context, int) (int, error) {
	return func(_ context.Context, v int) (int, error) {
		time.Sleep(d)
		return v, nil
	}
}

// runSlowly runs a source with statistics, with what follows taking as long for every value.
func runSlowly(t *testing.T, source ints, d time.Duration) (map[*flow.Node]flow.StageStats, error) {
	t.Helper()
	ctx, stats := flow.WithStatistics(t.Context())
	err := source.Run(ctx, func(int) error {
		time.Sleep(d)
		return nil
	})
	return stats.Snapshot(flow.Describe(source)), err
}

func TestStatisticsTellTheTimeOfEachStage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := flow.Map(flow.Of(1, 2, 3), addOne)
		slow := flow.TryMap(in, takesTime(time.Second))
		last := flow.Filter(slow, even)
		figures, err := runSlowly(t, last, 10*time.Second)
		require.NoError(t, err)

		of, mapped, took, passed := figures[flow.Describe(in).Inputs[0]], figures[flow.Describe(in)], figures[flow.Describe(slow)], figures[flow.Describe(last)]
		for name, s := range map[string]flow.StageStats{"Of": of, "Map": mapped, "TryMap": took, "Filter": passed} {
			require.Equal(t, uint64(1), s.Started, name)
			require.Zero(t, s.Running, name)
			require.Zero(t, s.Failed, name)
			require.Equal(t, 23*time.Second, s.Lived, name)
			require.Zero(t, s.Blocked, name)
		}
		require.Equal(t, []uint64{3, 3, 3, 2}, []uint64{of.Values, mapped.Values, took.Values, passed.Values})
		require.Equal(t, []time.Duration{0, 0, 3 * time.Second, 0}, []time.Duration{of.Own, mapped.Own, took.Own, passed.Own})
		require.Equal(t, 23*time.Second, of.InEmit)
		require.Equal(t, 23*time.Second, mapped.InEmit)
		require.Equal(t, 20*time.Second, took.InEmit)
		require.Equal(t, 20*time.Second, passed.InEmit)
	})
}

func TestStatisticsAreReadWhileAStageIsAtWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := flow.Of(1, 2)
		slow := flow.TryMap(in, takesTime(time.Minute))
		ctx, stats := flow.WithStatistics(t.Context())
		go func() {
			_ = slow.Run(ctx, func(int) error {
				time.Sleep(time.Hour)
				return nil
			})
		}()
		time.Sleep(20 * time.Second)
		got := stats.Of(flow.Describe(slow))
		require.Equal(t, flow.StageStats{Started: 1, Running: 1, Own: 20 * time.Second, Lived: 20 * time.Second}, got)
		require.Equal(t, flow.StageStats{
			Started: 1, Running: 1, Values: 1, InEmit: 20 * time.Second, Lived: 20 * time.Second, Blocked: 20 * time.Second,
		}, stats.Snapshot(flow.Describe(slow))[flow.Describe(in)])

		time.Sleep(50 * time.Second)
		got = stats.Of(flow.Describe(slow))
		require.Equal(t, time.Minute, got.Own)
		require.Equal(t, 10*time.Second, got.InEmit)
		require.Equal(t, 10*time.Second, got.Blocked)
		time.Sleep(3 * time.Hour)
		require.Zero(t, stats.Of(flow.Describe(slow)).Running)
	})
}

func TestStatisticsOfABoundaryShowWhoWaitsForWhom(t *testing.T) {
	t.Run("what follows Async is slow", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			in := flow.FromSeq(upTo(100))
			async := flow.Async(in)
			figures, err := runSlowly(t, async, time.Second)
			require.NoError(t, err)
			got := figures[flow.Describe(async)]
			require.Equal(t, 100*time.Second, got.InEmit)
			require.Zero(t, got.Own, "its input waits because of what follows")
			waited := figures[flow.Describe(in)].InEmit
			require.Greater(t, waited, 70*time.Second) // for all but those that have room
			require.Less(t, waited, 90*time.Second)
		})
	})
	t.Run("all calls of MapAsync are at work", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			in := flow.FromSeq(upTo(4))
			slow := flow.MapAsync(in, 2, takesTime(time.Second))
			figures, err := runSlowly(t, slow, 0)
			require.NoError(t, err)
			require.Zero(t, figures[flow.Describe(slow)].InEmit)
			require.Equal(t, time.Second, figures[flow.Describe(slow)].Own) // that the last two had to wait
			require.Equal(t, time.Second, figures[flow.Describe(in)].InEmit)
		})
	})
	t.Run("the sources of a Merge wait for each other", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			merge := flow.Merge(flow.Of(1, 2), flow.Of(3))
			figures, err := runSlowly(t, merge, time.Second)
			require.NoError(t, err)
			got := figures[flow.Describe(merge)]
			require.Equal(t, uint64(3), got.Values)
			require.Equal(t, 3*time.Second, got.InEmit)
			require.Zero(t, got.Own)
		})
	})
}

func TestStatisticsOfASinkAreThoseOfItsInput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := flow.Of(1, 2)
		slow := flow.ForEach(func(context.Context, int) error {
			time.Sleep(time.Second)
			return nil
		})
		pair := flow.FromSinkAndSourceUncoupled(slow, flow.Of(7))(in)
		figures, err := runSlowly(t, pair, 0)
		require.NoError(t, err)
		sink := figures[flow.Describe(pair).Inputs[0]]
		require.Equal(t, uint64(2), sink.Values)
		require.Equal(t, 2*time.Second, sink.Own)
		require.Zero(t, figures[flow.Describe(pair)].Own)
		require.Equal(t, uint64(1), figures[flow.Describe(pair)].Values)
	})
}

func TestStatisticsSeeThroughOperatorsMadeOfOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := flow.Of(1, 2)
		page := flow.TryMap(flow.Drop(flow.TryMap(in, takesTime(time.Second)), 1), takesTime(time.Second)).Named("Page", flow.Describe(in))
		figures, err := runSlowly(t, page, time.Second)
		require.NoError(t, err)
		require.Len(t, figures, 2)
		require.Equal(t, uint64(2), figures[flow.Describe(in)].Values)
		require.Equal(t, 3*time.Second, figures[flow.Describe(page)].Own)
		require.Equal(t, time.Second, figures[flow.Describe(page)].InEmit)

		loop := flow.FromFunc(func(ctx context.Context, emit func(int) error) error { return in.Run(ctx, emit) }).Named("Loop", flow.Describe(in))
		figures, err = runSlowly(t, loop, time.Second)
		require.NoError(t, err)
		require.Zero(t, figures[flow.Describe(loop)].Own)
		require.Equal(t, uint64(2), figures[flow.Describe(in)].Values)
	})
}

func TestStageThatIsStillToComeHasNoFigures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := flow.Of(1, 2)
		later := mapped(in)
		source := flow.Concat(flow.TryMap(in, takesTime(time.Second)), later)
		ctx, stats := flow.WithStatistics(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- source.Run(ctx, func(int) error { return nil }) }()
		time.Sleep(1500 * time.Millisecond)
		figures := stats.Snapshot(flow.Describe(source))
		require.Equal(t, uint64(2), figures[flow.Describe(in)].Values)
		require.Zero(t, figures[flow.Describe(later)])
		require.NoError(t, <-ended)
	})
}

func TestSourceUsedTwiceIsOneStage(t *testing.T) {
	in := flow.Of(1, 2)
	twice := flow.Concat(in, in)
	ctx, stats := flow.WithStatistics(t.Context())
	for range 3 {
		_, err := flow.Collect(ctx, twice)
		require.NoError(t, err)
	}
	figures := stats.Snapshot(flow.Describe(twice))
	require.Len(t, figures, 2)
	require.Equal(t, uint64(6), figures[flow.Describe(in)].Started)
	require.Equal(t, uint64(12), figures[flow.Describe(in)].Values)
	require.Equal(t, uint64(3), figures[flow.Describe(twice)].Started)
}

func TestFailureIsCountedWhereItHappensAndAfter(t *testing.T) {
	in := flow.Of(1, 2)
	fails := flow.TryMap(in, func(context.Context, int) (int, error) { return 0, errTest })
	last := mapped(fails)
	figures, err := runSlowly(t, last, 0)
	require.Equal(t, errTest, err)
	require.Zero(t, figures[flow.Describe(in)].Failed, "it was stopped")
	for _, node := range []*flow.Node{flow.Describe(fails), flow.Describe(last)} {
		require.Equal(t, uint64(1), figures[node].Failed)
		require.Equal(t, "it broke", figures[node].Err)
	}

	figures, err = runSlowly(t, flow.Take(in, 1), 0)
	require.NoError(t, err)
	require.Zero(t, figures[flow.Describe(in)].Failed)

	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errTest)
	ctx, stats := flow.WithStatistics(ctx)
	require.Equal(t, errTest, in.Run(ctx, func(int) error { return nil }))
	require.Zero(t, stats.Of(flow.Describe(in)).Failed)
}

func TestRunThatPanicsHasEnded(t *testing.T) {
	for name, leave := range map[string]func(){"panic": func() { panic("oops") }, "exit": exit} {
		in := flow.Of(1)
		source := flow.Map(flow.Concat(in), func(v int) int {
			leave()
			return v
		})
		starting := flow.Map(flow.NewSource("Panics", func(context.Context, func(int) error, func(error)) { leave() }), addOne)
		for _, s := range []ints{source, starting} {
			ctx, stats := flow.WithStatistics(t.Context())
			ended := make(chan error, 1)
			go s.Start(ctx, func(int) error { return nil }, func(err error) { ended <- err })
			require.ErrorAs(t, <-ended, new(*flow.PanicError))
			for node, figures := range stats.Snapshot(flow.Describe(s)) {
				require.Equal(t, uint64(1), figures.Started, "%s %s", name, node.Name)
				require.Zero(t, figures.Running, "%s %s", name, node.Name)
			}
		}
	}
}

func TestStreamsThatComeAndGoAreForgotten(t *testing.T) {
	inner := flow.Of(1, 2)
	var stats *flow.Statistics
	during := 0
	source := flow.TryMap(flow.FromSeq(upTo(10)), func(ctx context.Context, v int) (int, error) {
		err := inner.Run(ctx, func(int) error {
			during += stats.Of(flow.Describe(inner)).Running
			return nil
		})
		return v, err
	})
	ctx, s := flow.WithStatistics(t.Context())
	stats = s
	_, err := flow.Collect(ctx, source)
	require.NoError(t, err)
	require.Equal(t, 20, during)
	require.Zero(t, stats.Of(flow.Describe(inner)))
}

func TestRunsWithoutStatisticsAreNotCounted(t *testing.T) {
	_, stats := flow.WithStatistics(t.Context())
	source := mapped(flow.Of(1))
	_, err := flow.Collect(t.Context(), source)
	require.NoError(t, err)
	require.Zero(t, stats.Of(flow.Describe(source)))
}

func TestStatisticsKeepTheLaws(t *testing.T) {
	// The flow runs its input with statistics: what is wrapped then keeps to the contract of a StartFunc as before.
	observed := func(f flow.Flow[int, int]) flow.Flow[int, int] {
		return func(in ints) ints {
			return flow.NewSource("observed", func(ctx context.Context, emit func(int) error, end func(error)) {
				ctx, _ = flow.WithStatistics(ctx)
				flow.Go(ctx, func() { f(in).Start(ctx, emit, end) })
			})
		}
	}
	keepsTheLaws(t, observed(mapped), []int{1, 2, 3}, []int{2, 3, 4})
	keepsTheLaws(t, observed(func(in ints) ints { return flow.Take(flow.Concat(flow.Async(in), flow.Of(9)), 3) }), []int{1, 2}, []int{1, 2, 9})
	keepsTheLaws(t, observed(mapAsync[int](3)), []int{1, 2, 3}, []int{1, 2, 3})
}

func TestStatisticsThatNobodyAskedForCostNothing(t *testing.T) {
	source := ten(flow.FromSeq(upTo(10)))
	run := func(ctx context.Context) float64 {
		return testing.AllocsPerRun(10, func() { _ = source.Run(ctx, func(int) error { return nil }) })
	}
	require.LessOrEqual(t, run(context.Background()), 18.0) // those of ten operators and a run, as before there were statistics

	ctx, _ := flow.WithStatistics(t.Context())
	of := func(n int) float64 {
		source := ten(flow.FromSeq(upTo(n)))
		return testing.AllocsPerRun(5, func() { _ = source.Run(ctx, func(int) error { return nil }) })
	}
	require.Zero(t, of(10_000)-of(10), "no allocation for a value, even with statistics")
}

func TestStatisticsAreReadByManyWhileTheyGrow(t *testing.T) {
	in := flow.FromSeq(upTo(5_000))
	source := mapped(flow.Merge(flow.Async(mapped(in)), flow.MapAsync(in, 4, tenfold), flow.Concat(in, in)))
	graph := flow.Describe(source)
	ctx, stats := flow.WithStatistics(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- source.Run(ctx, func(int) error { return nil }) }()
	var last map[*flow.Node]flow.StageStats
	for running := true; running; {
		select {
		case err := <-ended:
			require.NoError(t, err)
			running = false
		default:
		}
		now := stats.Snapshot(graph)
		for n, s := range now {
			was := last[n]
			require.GreaterOrEqual(t, s.Values, was.Values, n.Name)
			require.GreaterOrEqual(t, s.Started, was.Started, n.Name)
			require.GreaterOrEqual(t, s.InEmit, time.Duration(0), n.Name)
			require.GreaterOrEqual(t, s.Own, time.Duration(0), n.Name)
			require.LessOrEqual(t, s.Running, 4, n.Name)
		}
		last = now
	}
	require.Equal(t, uint64(20_000), last[graph].Values)
	require.Equal(t, uint64(20_000), last[flow.Describe(in)].Values)
	require.Equal(t, uint64(4), last[flow.Describe(in)].Started)
	require.Zero(t, last[graph].Running)
}

func TestSnapshotIsOfTheGraphAlone(t *testing.T) {
	in := flow.Of(1)
	ctx, stats := flow.WithStatistics(t.Context())
	_, err := flow.Collect(ctx, mapped(in))
	require.NoError(t, err)
	require.Len(t, stats.Snapshot(flow.Describe(in)), 1)
}

func BenchmarkStatistics(b *testing.B) {
	for name, f := range map[string]flow.Flow[int, int]{"Map": mapped, "ten": ten} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			ctx, _ := flow.WithStatistics(b.Context())
			if _, err := flow.Ignore[int]().Run(ctx, f(flow.FromSeq(upTo(b.N)))); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// BenchmarkStart is what a run costs that has nothing to do, with a context such as a server's.
func BenchmarkStart(b *testing.B) {
	b.ReportAllocs()
	ctx := b.Context()
	for i := range 8 {
		ctx = context.WithValue(ctx, new(int), i)
	}
	source := mapped(flow.Of[int]())
	for b.Loop() {
		_ = source.Run(ctx, func(int) error { return nil })
	}
}

func TestSourceOfASinkThatIsPutTogetherIsCountedOnce(t *testing.T) {
	in := flow.Map(flow.Of(1, 2, 3), addOne)
	for name, run := range map[string]func(context.Context) error{
		"CombineSinks": func(ctx context.Context) error {
			_, err := flow.CombineSinks(counting, counting).Run(ctx, in)
			return err
		},
		"LazySink": func(ctx context.Context) error {
			_, err := lazySink(counting).Run(ctx, in)
			return err
		},
	} {
		ctx, statistics := flow.WithStatistics(t.Context())
		require.NoError(t, run(ctx), name)
		figures := statistics.Of(flow.Describe(in))
		require.EqualValues(t, 1, figures.Started, name)
		require.EqualValues(t, 3, figures.Values, name)
	}
}
