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

// joined emits the values of in as one string.
func joined(in flow.Source[string]) flow.Source[string] {
	return flow.Operator("joined", in, func(_ context.Context, emit func(string) error, end func(error)) (func(string) error, func(error)) {
		all := ""
		return func(s string) error {
				all += s
				return nil
			}, func(err error) {
				if err == nil {
					err = emit(all)
				}
				end(err)
			}
	})
}

func ExampleSplitWhen() {
	lines := flow.Of("# one", " a", " b", "# two", " c")
	isTitle := func(line string) bool { return line[0] == '#' }
	fmt.Println(flow.Collect(context.Background(), flow.SplitWhen(lines, isTitle, joined)))
	// Output: [# one a b # two c] <nil>
}

func ExampleSplitAfter() {
	words := flow.Of("Good ", "morning.", "How ", "are ", "you?")
	ends := func(word string) bool { return word[len(word)-1] != ' ' }
	for sentence, err := range flow.SplitAfter(words, ends, joined).All(context.Background()) {
		fmt.Println(sentence, err)
	}
	// Output:
	// Good morning. <nil>
	// How are you? <nil>
}

func threes(v int) bool { return v%3 == 0 }

// splits are both operators, at multiples of three.
var splits = map[string]func(ints, flow.Flow[int, int]) ints{
	"SplitWhen":  func(in ints, f flow.Flow[int, int]) ints { return flow.SplitWhen(in, threes, f) },
	"SplitAfter": func(in ints, f flow.Flow[int, int]) ints { return flow.SplitAfter(in, threes, f) },
}

func TestSplitsKeepTheLaws(t *testing.T) {
	in := []int{1, 2, 3, 4, 6}
	for name, split := range splits {
		for flowName, f := range fedFlows {
			t.Run(name+" and "+flowName, func(t *testing.T) {
				t.Parallel()
				keepsTheLaws(t, func(in ints) ints { return split(in, f) }, in, in)
				short := func(in ints) ints { return flow.Take(split(in, f), 3) }
				keepsTheLaws(t, short, in, in[:3])
			})
		}
		keepsTheLaws(t, func(in ints) ints { return split(in, mapped) }, nil, nil)
	}
	firsts := func(f flow.Flow[int, int]) flow.Flow[int, int] {
		return func(in ints) ints { return f(flow.Take(in, 1)) }
	}
	for _, f := range []flow.Flow[int, int]{firsts(mapped), firsts(flow.Async[int])} {
		one := f(flow.Of(0))
		add, err := flow.Collect(t.Context(), one)
		require.NoError(t, err)
		keepsTheLaws(t, func(in ints) ints { return splits["SplitWhen"](in, f) }, in, []int{1 + add[0], 3 + add[0], 6 + add[0]})
		keepsTheLaws(t, func(in ints) ints { return splits["SplitAfter"](in, f) }, in, []int{1 + add[0], 4 + add[0]})
	}
	fixed := func(ints) ints { return flow.Of(7) } // does not start its input
	keepsTheLaws(t, func(in ints) ints { return splits["SplitWhen"](in, fixed) }, []int{1, 2, 3}, []int{7, 7})
	sums := func(in ints) ints { return last(flow.Map(in, func(v int) int { return v })) }
	keepsTheLaws(t, func(in ints) ints { return splits["SplitWhen"](in, sums) }, in, []int{2, 4, 6}, flowtest.Except(flowtest.Cancel))
	keepsTheLaws(t, func(in ints) ints { return splits["SplitAfter"](in, sums) }, in, []int{3, 6}, flowtest.Except(flowtest.Cancel))
}

func TestSplitsHandOnPanics(t *testing.T) {
	for _, split := range splits {
		fedFlowsHandOnPanics(t, split)
	}
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.SplitWhen(in, func(int) bool {
			leave()
			return false
		}, mapped)
	})
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.SplitAfter(in, func(int) bool {
			leave()
			return false
		}, mapped)
	})
}

func TestNextSubstreamBeginsWhenTheFlowBeforeHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, split := range splits {
			start := time.Now()
			var begun []time.Duration
			values, err := flow.Collect(t.Context(), split(flow.Of(3, 3), func(in ints) ints {
				begun = append(begun, time.Since(start))
				return flow.Concat(in, secondsOf(5))
			}))
			require.NoError(t, err, name)
			require.Equal(t, []int{3, 5, 3, 5}, values, name)
			require.Equal(t, []time.Duration{0, 5 * time.Second}, begun, name)
		}
	})
}

func TestFlowOfASubstreamThatFailsStopsTheInput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, split := range splits {
			in := flow.Concat(flow.Of(1, 3, 4), flow.Never[int]())
			for _, f := range []flow.Flow[int, int]{
				func(in ints) ints { return flow.Merge(in, flow.Fail[int](errTest)) },
				func(in ints) ints { return flow.Concat(flow.Take(in, 1), flow.Fail[int](errTest)) },
				func(ints) ints { return flow.Fail[int](errTest) },
			} {
				_, err := flow.Collect(t.Context(), split(in, f))
				require.Equal(t, errTest, err, name)
			}
		}
	})
}

func TestErrorOfTheInputIsNotDroppedByAFlow(t *testing.T) {
	deaf := func(in ints) ints {
		return flow.Operator("deaf", in, func(_ context.Context, emit func(int) error, end func(error)) (func(int) error, func(error)) {
			return emit, func(error) { end(nil) }
		})
	}
	in := flow.Concat(flow.Of(1, 2), flow.Fail[int](errTest))
	for name, f := range map[string]flow.Flow[int, int]{
		"SplitWhen": func(in ints) ints { return splits["SplitWhen"](in, deaf) },
		"GroupBy":   func(in ints) ints { return byParity(in, deaf) },
	} {
		values, err := flow.Collect(t.Context(), f(in))
		require.Equal(t, errTest, err, name)
		require.Equal(t, []int{1, 2}, values, name)
	}
}

func TestManySubstreamsCostNoStack(t *testing.T) {
	defer debug.SetMaxStack(debug.SetMaxStack(1 << 20))
	for name, n := range map[string]int{"itself": 100_000, "Async": 20_000} {
		all := flow.Drop(flow.SplitAfter(flow.FromSeq(upTo(n)), func(int) bool { return true }, fedFlows[name]), n-1)
		values, err := flow.Collect(t.Context(), all)
		require.NoError(t, err, name)
		require.Equal(t, []int{n - 1}, values, name)
	}
}

func BenchmarkSplitWhen(b *testing.B) {
	benchmark(b, func(in ints) ints { return flow.SplitWhen(in, func(int) bool { return false }, mapped) })
}

func BenchmarkSplit(b *testing.B) {
	never, always := func(int) bool { return false }, func(int) bool { return true }
	for _, name := range []string{"itself", "Async"} {
		b.Run("value, "+name, func(b *testing.B) {
			benchmark(b, func(in ints) ints { return flow.SplitAfter(in, never, fedFlows[name]) })
		})
		b.Run("substream, "+name, func(b *testing.B) {
			benchmark(b, func(in ints) ints { return flow.SplitAfter(in, always, fedFlows[name]) })
		})
	}
}
