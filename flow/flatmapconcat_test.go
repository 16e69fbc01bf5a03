package flow_test

import (
	"context"
	"fmt"
	"runtime/debug"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
)

func ExampleFlatMapConcat() {
	history := func(room string) flow.Source[string] { // of a database, say
		return flow.Of(room+": hello", room+": goodbye")
	}
	fmt.Println(flow.Collect(context.Background(), flow.FlatMapConcat(flow.Of("red", "blue"), history)))
	// Output: [red: hello red: goodbye blue: hello blue: goodbye] <nil>
}

// nestedShapes are functions from a value to a source of it, and ten times it, for nesting operators.
var nestedShapes = map[string]func(int) ints{
	"synchronous":   func(v int) ints { return flow.Of(v, 10*v) },
	"asynchronous":  func(v int) ints { return flow.Async(flow.Of(v, 10*v)) },
	"of two halves": func(v int) ints { return flow.Concat(flow.Of(v), flow.Async(flow.Of(10*v))) },
	"of many tasks": func(v int) ints {
		return flow.Concat(flow.Merge(flow.Of(v), flow.Empty[int]()), flow.Merge(flow.Of(10*v)))
	},
	"of a function": func(v int) ints { return flow.FromFunc(flow.Of(v, 10*v).Run) },
	"nested":        func(v int) ints { return flow.FlatMapConcat(flow.Of(v, 10*v), func(v int) ints { return flow.Of(v) }) },
	"ended by Take": func(v int) ints { return flow.Take(flow.Concat(flow.Of(v, 10*v), flow.Never[int]()), 2) },
	"nested merging": func(v int) ints {
		return flow.FlatMapMerge(flow.Of(v, 10*v), 1, func(v int) ints { return flow.Of(v) })
	},
}

func TestFlatMapConcatKeepsTheLaws(t *testing.T) {
	for name, f := range nestedShapes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			keepsTheLaws(t, func(in ints) ints { return flow.FlatMapConcat(in, f) }, []int{1, 2, 3}, []int{1, 10, 2, 20, 3, 30})
		})
	}
	short := func(in ints) ints { return flow.Take(flow.FlatMapConcat(in, nestedShapes["synchronous"]), 3) }
	keepsTheLaws(t, short, []int{1, 2, 3}, []int{1, 10, 2})
	empty := func(in ints) ints { return flow.FlatMapConcat(in, func(int) ints { return flow.Empty[int]() }) }
	keepsTheLaws(t, empty, []int{1, 2}, nil)
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.FlatMapConcat(in, func(v int) ints {
			leave()
			return flow.Of(v)
		})
	})
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.FlatMapConcat(in, func(v int) ints { return leaving(leave)(flow.Of(v)) })
	})
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.FlatMapConcat(in, func(v int) ints { return leaving(leave)(flow.Async(flow.Of(v))) })
	})
}

// ofHeld makes a source of a value, as a nesting operator gets it, that emits the value later.
func ofHeld(v *flowHeld) flow.Source[*flowHeld] { return flow.Async(flow.Of(v)) }

func TestFlatMapsHold(t *testing.T) {
	type held = flow.Source[*flowHeld]
	holds(t, func(in held) held { return flow.FlatMapConcat(in, ofHeld) })
	holds(t, func(in held) held { return flow.FlatMapMerge(in, 2, ofHeld) })
	holds(t, func(in held) held { return flow.SwitchMap(in, ofHeld) })
	for _, f := range []flow.Flow[*flowHeld, *flowHeld]{func(in held) held { return in }, flow.Async[*flowHeld]} {
		holds(t, func(in held) held { return flow.SplitAfter(in, func(h *flowHeld) bool { return h.N == 1 }, f) })
		holds(t, func(in held) held {
			return flow.GroupBy(in, 2, func(h *flowHeld) int { return h.N % 2 }, func(_ int, in held) held { return f(in) })
		})
	}
}

// Nesting operators whose inner sources do not end are stopped and cancelled all the same.
func TestNestedStreamsThatDoNotEndKeepTheLaws(t *testing.T) {
	endless := func(in ints) ints { return flow.Concat(in, flow.Never[int]()) }
	endlessOf := func(v int) ints { return endless(flow.Of(v)) }
	three := flow.Of(1, 2, 3)
	for name, nested := range map[string]struct {
		source ints
		want   []int
	}{
		"FlatMapConcat": {flow.FlatMapConcat(three, endlessOf), []int{1}},
		"FlatMapMerge":  {flow.FlatMapMerge(three, 3, endlessOf), []int{1, 2, 3}},
		"with breadth":  {flow.FlatMapMerge(three, 1, endlessOf), []int{1}},
		"SwitchMap":     {flow.SwitchMap(flow.Of(1), endlessOf), []int{1}},
		"FlatMapPrefix": {prefixed(1, endless)(three), []int{1, 2, 3}},
		"SplitWhen":     {flow.SplitWhen(three, threes, endless), []int{1, 2}},
		"SplitAfter":    {flow.SplitAfter(three, threes, endless), []int{1, 2, 3}},
		"GroupBy":       {byParity(three, endless), []int{1, 2, 3}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			outer := func() ints { return nested.source }
			sourceKeepsTheLaws(t, outer, nested.want, flowtest.Endless(), flowtest.Unordered())
			inner := func() ints {
				return flow.FlatMapConcat(flow.Of(0), func(int) ints { return flow.Async(nested.source) })
			}
			sourceKeepsTheLaws(t, inner, nested.want, flowtest.Endless(), flowtest.Unordered())
		})
	}
}

func TestNestingOperatorsAreDescribed(t *testing.T) {
	in := flow.FlatMapConcat(flow.FlatMapMerge(flow.SwitchMap(prefixed(1, mapped)(flow.Of(1)), secondsOf), 1, secondsOf), secondsOf)
	for _, split := range []string{"SplitWhen", "SplitAfter"} {
		graph := flow.Describe(byParity(splits[split](in, mapped), mapped)).String()
		names := []string{"GroupBy", split, "FlatMapConcat", "FlatMapMerge", "SwitchMap", "FlatMapPrefix", "Of"}
		require.Equal(t, names, strings.Fields(graph))
	}
}

// leaving is a flow that calls leave at each value.
func leaving(leave func()) flow.Flow[int, int] {
	return func(in ints) ints {
		return flow.Map(in, func(v int) int {
			leave()
			return v
		})
	}
}

func TestFlatMapConcatFailsWithTheFirstErrorAndStartsNoOther(t *testing.T) {
	for name, fail := range map[string]ints{"at once": flow.Fail[int](errTest), "later": flow.Async(flow.Fail[int](errTest))} {
		var started []int
		values, err := flow.Collect(t.Context(), flow.FlatMapConcat(flow.Of(1, 2, 3), func(v int) ints {
			started = append(started, v)
			if v == 2 {
				return fail
			}
			return flow.Of(v)
		}))
		require.Equal(t, errTest, err, name)
		require.Equal(t, []int{1}, values, name)
		require.Equal(t, []int{1, 2}, started, name)
	}
}

func TestFlatMapConcatKeepsItsInputWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var taken []time.Duration
		in := flow.Map(flow.Of(1, 2, 3), func(v int) int {
			taken = append(taken, time.Since(start))
			return v
		})
		_, err := flow.Collect(t.Context(), flow.FlatMapConcat(in, func(v int) ints {
			return flow.Take(flow.Map(flow.Tick(time.Second), func(time.Time) int { return v }), 2)
		}))
		require.NoError(t, err)
		require.Equal(t, []time.Duration{0, 2 * time.Second, 4 * time.Second}, taken)
	})
}

func TestManyEmptyInnerSourcesCostNoStack(t *testing.T) {
	defer debug.SetMaxStack(debug.SetMaxStack(1 << 20))
	for name, f := range map[string]func(int) ints{
		"synchronous": func(int) ints { return flow.Empty[int]() },
		"later":       func(int) ints { return flow.FromFunc(func(context.Context, func(int) error) error { return nil }) },
	} {
		values, err := flow.Collect(t.Context(), flow.FlatMapConcat(flow.FromSeq(upTo(100_000)), f))
		require.NoError(t, err, name)
		require.Empty(t, values, name)
	}
}

func TestSynchronousInnerSourceCostsNoAllocationPerValue(t *testing.T) {
	for name, f := range map[string]flow.Flow[int, int]{
		"FlatMapConcat": func(in ints) ints { return flow.FlatMapConcat(flow.Of(1), func(int) ints { return in }) },
	} {
		require.LessOrEqual(t, allocations(f), 0.0, name)
	}
}

func BenchmarkFlatMapConcat(b *testing.B) {
	one := flow.Of(1)
	later := flow.FromFunc(func(_ context.Context, emit func(int) error) error { return emit(1) })
	b.Run("value", func(b *testing.B) {
		benchmark(b, func(in ints) ints { return flow.FlatMapConcat(flow.Of(1), func(int) ints { return in }) })
	})
	b.Run("source", func(b *testing.B) {
		benchmark(b, func(in ints) ints { return flow.FlatMapConcat(in, func(int) ints { return one }) })
	})
	b.Run("task", func(b *testing.B) {
		benchmark(b, func(in ints) ints { return flow.FlatMapConcat(in, func(int) ints { return later }) })
	})
	b.Run("Async", func(b *testing.B) {
		async := flow.Async(one)
		benchmark(b, func(in ints) ints { return flow.FlatMapConcat(in, func(int) ints { return async }) })
	})
}
