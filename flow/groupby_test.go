package flow_test

import (
	"context"
	"fmt"
	"runtime/debug"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
)

func ExampleGroupBy() {
	votes := flow.Of("tea", "coffee", "tea", "tea")
	counted := flow.GroupBy(votes, 100, func(drink string) string { return drink },
		func(drink string, in flow.Source[string]) flow.Source[string] {
			n := 0
			return flow.Map(in, func(string) string {
				n++
				return fmt.Sprint(drink, " ", n)
			})
		})
	fmt.Println(flow.Collect(context.Background(), counted))
	// Output: [tea 1 coffee 1 tea 2 tea 3] <nil>
}

// byParity sorts in into odd and even, both of which go through f.
func byParity(in ints, f flow.Flow[int, int]) ints {
	return flow.GroupBy(in, 2, func(v int) int { return v % 2 }, func(_ int, in ints) ints { return f(in) })
}

func TestGroupByKeepsTheLaws(t *testing.T) {
	in := []int{1, 2, 4, 3}
	for name, f := range fedFlows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			keepsTheLaws(t, func(in ints) ints { return byParity(in, f) }, in, in, flowtest.Unordered())
		})
	}
	synchronous := func(in ints) ints {
		return byParity(in, func(in ints) ints { return flow.Map(in, func(v int) int { return v }) })
	}
	keepsTheLaws(t, synchronous, in, in)
	keepsTheLaws(t, func(in ints) ints { return flow.Take(synchronous(in), 3) }, in, in[:3])
	keepsTheLaws(t, synchronous, nil, nil)
	keepsTheLaws(t, func(in ints) ints { return byParity(in, last) }, in, []int{3, 4}, flowtest.Except(flowtest.Cancel))
}

// fedFlowsHandOnPanics checks an operator whose flow panics before its input, behind it, at its end, and when it is called.
func fedFlowsHandOnPanics(t *testing.T, operator func(ints, flow.Flow[int, int]) ints) {
	t.Helper()
	for _, f := range fedFlows {
		panicsTravel(t, func(in ints, leave func()) ints {
			return operator(in, func(in ints) ints { return f(leaving(leave)(in)) })
		})
		panicsTravel(t, func(in ints, leave func()) ints {
			return operator(in, func(in ints) ints { return leaving(leave)(f(in)) })
		})
		panicsTravel(t, func(in ints, leave func()) ints {
			return operator(in, func(in ints) ints { return leaving(leave)(last(f(in))) })
		})
	}
	panicsTravel(t, func(in ints, leave func()) ints {
		return operator(in, func(in ints) ints {
			leave()
			return in
		})
	})
}

func TestGroupByHandsOnPanics(t *testing.T) {
	fedFlowsHandOnPanics(t, byParity)
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.GroupBy(in, 1, func(int) int {
			leave()
			return 0
		}, func(_ int, in ints) ints { return in })
	})
}

func TestGroupByFailsIfThereAreTooManySubstreams(t *testing.T) {
	itself := func(v int) int { return v }
	synctest.Test(t, func(t *testing.T) {
		for name, f := range map[string]flow.Flow[int, int]{"synchronous": mapped, "asynchronous": flow.Async[int]} {
			in := flow.Concat(flow.Of(1, 2, 1, 3), flow.Never[int]())
			values, err := flow.Collect(t.Context(), flow.GroupBy(in, 2, itself, func(_ int, in ints) ints { return f(in) }))
			require.ErrorIs(t, err, flow.ErrTooManySubstreams, name)
			require.ErrorContains(t, err, "more than 2", name)
			require.Len(t, values, 3, name)
		}
	})
	require.Panics(t, func() { flow.GroupBy(flow.Of(1), 0, itself, func(_ int, in ints) ints { return in }) })
}

func TestSubstreamBeginsAnewWhenItsFlowHasEnded(t *testing.T) {
	for name, f := range map[string]struct {
		flow flow.Flow[int, int]
		want []int
	}{
		"ended":         {func(in ints) ints { return flow.Concat(flow.Take(in, 2), flow.Of(-1)) }, []int{1, 2, -1, 3, 4, -1, 5, -1}},
		"never started": {func(ints) ints { return flow.Of(-1) }, []int{-1, -1, -1, -1, -1}},
	} {
		values, err := flow.Collect(t.Context(), flow.GroupBy(flow.Of(1, 2, 3, 4, 5), 1, func(int) int { return 0 },
			func(_ int, in ints) ints { return f.flow(in) }))
		require.NoError(t, err, name)
		require.Equal(t, f.want, values, name)
	}
}

// Its flow goes on without it: what the flow has stopped is dropped, and nothing waits.
func TestValuesThatAFlowDoesNotWantAreDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := spaced(flow.Of(1, 2, 3, 4), time.Second)
		values, err := flow.Collect(t.Context(), flow.GroupBy(in, 1, func(int) int { return 0 }, func(_ int, in ints) ints {
			return flow.Concat(flow.Take(in, 1), spaced(flow.Async(flow.Of(-1)), 1500*time.Millisecond))
		}))
		require.NoError(t, err)
		require.Equal(t, []int{1, -1, 3, -1}, values)
	})
}

func TestSubstreamThatIsOverMakesRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		quiet := func(in ints) ints { // ends after three seconds
			values := flow.FromSinkAndSource(flow.Ignore[int](), secondsOf(3))
			return values(in)
		}
		in := spaced(flow.Of(1, 2, 3, 4), 2*time.Second)
		values, err := flow.Collect(t.Context(), flow.GroupBy(in, 2, func(v int) int { return v }, func(_ int, in ints) ints { return quiet(in) }))
		require.NoError(t, err)
		require.Equal(t, []int{3, 3}, values) // the others are cancelled by the end of in
	})
}

func TestSubstreamThatFailsCancelsTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := flow.Concat(flow.Of(1, 2), flow.Never[int]())
		_, err := flow.Collect(t.Context(), byParity(in, func(in ints) ints {
			return flow.Merge(in, flow.TryMap(secondsOf(1), func(context.Context, int) (int, error) { return 0, errTest }))
		}))
		require.Equal(t, errTest, err)
	})
}

func TestErrorOfTheInputDoesNotOvertakeValuesInSubstreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := flow.Concat(flow.Of(1, 2, 3, 4), flow.Fail[int](errTest))
		values, err := flow.Collect(t.Context(), byParity(in, func(in ints) ints {
			return flow.MapAsync(flow.Async(in), 1, lasting)
		}))
		require.Equal(t, errTest, err)
		require.ElementsMatch(t, []int{1, 2, 3, 4}, values)
	})
}

func TestManyKeysCostNeitherStackNorMemory(t *testing.T) {
	defer debug.SetMaxStack(debug.SetMaxStack(1 << 20))
	first := func(_ int, in ints) ints { return flow.Take(in, 1) }
	all := flow.GroupBy(flow.FromSeq(upTo(100_000)), 1, func(v int) int { return v }, first)
	n, err := flow.Fold(0, func(n, _ int) int { return n + 1 }).Run(t.Context(), all)
	require.NoError(t, err)
	require.Equal(t, 100_000, n)
}

func TestFedValuesCostNoAllocation(t *testing.T) {
	never := func(int) bool { return false }
	for name, f := range map[string]flow.Flow[int, int]{
		"GroupBy":       func(in ints) ints { return byParity(in, mapped) },
		"SplitWhen":     func(in ints) ints { return flow.SplitWhen(in, never, mapped) },
		"FlatMapPrefix": prefixed(1, mapped),
	} {
		require.LessOrEqual(t, allocations(f), 0.0, name)
	}
}

func BenchmarkGroupBy(b *testing.B) {
	for _, name := range []string{"itself", "Async"} {
		b.Run("value, "+name, func(b *testing.B) { benchmark(b, func(in ints) ints { return byParity(in, fedFlows[name]) }) })
	}
	b.Run("substream", func(b *testing.B) {
		benchmark(b, func(in ints) ints {
			return flow.GroupBy(in, 1, func(v int) int { return v }, func(_ int, in ints) ints { return flow.Take(in, 1) })
		})
	})
}
