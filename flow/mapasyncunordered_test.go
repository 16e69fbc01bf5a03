package flow_test

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
)

func ExampleMapAsyncUnordered() {
	lengths := flow.MapAsyncUnordered(flow.Of("a", "bb", "ccc"), 2, func(ctx context.Context, url string) (int, error) {
		return len(url), nil // of what is there, say
	})
	sum, err := flow.Fold(0, func(sum, n int) int { return sum + n }).Run(context.Background(), lengths)
	fmt.Println(sum, err)
	// Output: 6 <nil>
}

func mapAsyncUnordered[T any](parallelism int) flow.Flow[T, T] {
	return func(in flow.Source[T]) flow.Source[T] {
		return flow.MapAsyncUnordered(in, parallelism, func(_ context.Context, v T) (T, error) { return v, nil })
	}
}

func TestMapAsyncUnorderedKeepsTheLaws(t *testing.T) {
	for _, parallelism := range []int{1, 3} {
		t.Run(fmt.Sprint(parallelism), func(t *testing.T) {
			t.Parallel()
			keepsTheLaws(t, mapAsyncUnordered[int](parallelism), []int{1, 2, 3, 4}, []int{1, 2, 3, 4}, flowtest.Unordered())
			keepsTheLaws(t, mapAsyncUnordered[int](parallelism), nil, nil)
			holds(t, mapAsyncUnordered[*flowHeld](parallelism))
			panicsTravel(t, func(in ints, leave func()) ints {
				return flow.MapAsyncUnordered(in, parallelism, func(_ context.Context, v int) (int, error) {
					leave()
					return v, nil
				})
			})
		})
	}
}

func TestResultsComeAsTheyAreThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		values, err := flow.Collect(t.Context(), flow.MapAsyncUnordered(flow.Of(5, 1, 2, 1), 2, lasting))
		require.NoError(t, err)
		require.Equal(t, []int{1, 2, 1, 5}, values)
		require.Equal(t, 5*time.Second, time.Since(start))
	})
}

func TestMapAsyncUnorderedHasAllItsCallsAtWork(t *testing.T) {
	for _, parallelism := range []int{1, 2, 7} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			in := flow.Map(flow.FromSeq(upTo(21)), func(int) int { return 1 })
			values, err := flow.Collect(t.Context(), flow.MapAsyncUnordered(in, parallelism, lasting))
			require.NoError(t, err)
			require.Len(t, values, 21)
			require.Equal(t, time.Duration(21/parallelism)*time.Second+time.Duration(21%parallelism)*time.Second, time.Since(start))
		})
	}
}

// Calls go on while what follows is slow, as long as there is room for their results.
func TestResultsOfMapAsyncUnorderedWaitForASlowConsumer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		taken := 0
		in := flow.Map(flow.FromSeq(upTo(100)), func(v int) int { taken++; return v })
		err := flow.MapAsyncUnordered(in, 2, func(context.Context, int) (int, error) {
			return 0, nil
		}).Run(t.Context(), func(int) error {
			time.Sleep(time.Hour)
			return errTest
		})
		require.Equal(t, errTest, err)
		require.Equal(t, time.Hour, time.Since(start))
		require.GreaterOrEqual(t, taken, 16)
		require.LessOrEqual(t, taken, 1+16+1) // one at emit, those under way, and one that waits to be taken
	})
}

func TestErrorInMapAsyncUnorderedCancelsTheOthersAndWaitsForThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		f := func(ctx context.Context, v int) (int, error) {
			switch v {
			case 0:
				time.Sleep(2 * time.Second)
				return 0, errTest
			case 1:
				return 1, nil
			}
			<-ctx.Done()
			require.Equal(t, errTest, context.Cause(ctx))
			time.Sleep(time.Second) // it takes a while to leave
			return 0, context.Cause(ctx)
		}
		values, err := flow.Collect(t.Context(), flow.MapAsyncUnordered(flow.Of(1, 0, 60, 60), 4, f))
		require.Equal(t, []int{1}, values)
		require.Equal(t, errTest, err)
		require.Equal(t, 3*time.Second, time.Since(start))
	})
}

func TestErrorOfTheInputWaitsForTheResultsBeforeIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := flow.Concat(flow.Of(3, 1, 2), flow.Fail[int](errTest))
		values, err := flow.Collect(t.Context(), flow.MapAsyncUnordered(in, 2, lasting))
		slices.Sort(values)
		require.Equal(t, []int{1, 2, 3}, values)
		require.Equal(t, errTest, err)
	})
}

func TestPanicOfACallComesBeforeAnErrorOfEmit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		defer func() { require.Equal(t, "late", recover().(*flow.PanicError).Value) }()
		_ = flow.MapAsyncUnordered(flow.Of(0, 1), 2, func(ctx context.Context, v int) (int, error) {
			if v == 1 {
				<-ctx.Done()
				panic("late")
			}
			return v, nil
		}).Run(t.Context(), func(int) error {
			synctest.Wait()
			return errTest
		})
	})
}

func TestPanicOfACallComesBeforeAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		require.Panics(t, func() {
			_, _ = flow.Collect(t.Context(), flow.MapAsyncUnordered(flow.Of(0, 1), 2, func(ctx context.Context, v int) (int, error) {
				if v == 1 {
					<-ctx.Done()
					panic("late")
				}
				synctest.Wait()
				return 0, errTest
			}))
		})
	})
}

func TestFunctionsMayLeaveOutValues(t *testing.T) {
	odd := func(_ context.Context, v int) (int, error) {
		if v%2 == 0 {
			return 0, fmt.Errorf("even: %w", flow.ErrSkip)
		}
		return v, nil
	}
	one := func(int) int { return 1 }
	for name, f := range map[string]flow.Flow[int, int]{
		"TryMap":              func(in ints) ints { return flow.TryMap(in, odd) },
		"MapAsync":            func(in ints) ints { return flow.MapAsync(in, 2, odd) },
		"MapAsyncUnordered":   func(in ints) ints { return flow.MapAsyncUnordered(in, 1, odd) },
		"MapAsyncPartitioned": func(in ints) ints { return flow.MapAsyncPartitioned(in, 2, one, keyed(odd)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			keepsTheLaws(t, f, []int{1, 2, 3, 4, 5}, []int{1, 3, 5})
		})
	}
}

func TestIdleMapAsyncUnorderedHasNoWorker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		hourly := flow.MapConcat(flow.Tick(time.Hour), func(time.Time) []int { return []int{60, 60, 60, 60, 60} })
		go func() { _, _ = flow.Collect(ctx, flow.MapAsyncUnordered(hourly, 3, lasting)) }()
		time.Sleep(time.Hour + time.Second)
		require.Equal(t, 3, mapAsyncWorkers())
		time.Sleep(time.Minute)
		require.Equal(t, 2, mapAsyncWorkers())
		time.Sleep(time.Minute)
		require.Zero(t, mapAsyncWorkers())
		cancel()
	})
}

// mapAsyncWorkers returns how many workers there are.
func mapAsyncWorkers() int {
	synctest.Wait()
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	return bytes.Count(stacks, []byte("flow.(*workers[...]).work("))
}

func TestMapAsyncUnorderedNeedsParallelism(t *testing.T) {
	require.Panics(t, func() { flow.MapAsyncUnordered(flow.Of(1), 0, tenfold) })
}

func BenchmarkMapAsyncUnordered(b *testing.B) {
	for _, parallelism := range []int{1, 4, 16} {
		b.Run(fmt.Sprint(parallelism), func(b *testing.B) { benchmark(b, mapAsyncUnordered[int](parallelism)) })
	}
}
