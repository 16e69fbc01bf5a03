package flow_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
)

// The first message says who it is, and decides about the handler of all the others.
func ExampleFlatMapPrefix() {
	handler := func(in flow.Source[string]) flow.Source[string] {
		return flow.FlatMapPrefix(in, 1, func(_ context.Context, hello []string) (flow.Flow[string, string], error) {
			if len(hello) == 0 {
				return nil, errors.New("gone without a word")
			}
			name, ok := strings.CutPrefix(hello[0], "hello, I am ")
			if !ok {
				return nil, errors.New("say hello first")
			}
			return func(rest flow.Source[string]) flow.Source[string] {
				replies := flow.Map(rest, func(said string) string { return name + " says " + said })
				return flow.Concat(flow.Of("welcome, "+name), replies)
			}, nil
		})
	}
	fmt.Println(flow.Collect(context.Background(), handler(flow.Of("hello, I am Ada", "good morning"))))
	fmt.Println(flow.Collect(context.Background(), handler(flow.Of("good morning"))))
	// Output:
	// [welcome, Ada Ada says good morning] <nil>
	// [] say hello first
}

// fedFlows pass on all values of their input, and start it in one way or another.
var fedFlows = map[string]flow.Flow[int, int]{
	"itself":         func(in ints) ints { return in },
	"Map":            func(in ints) ints { return flow.Map(in, func(v int) int { return v }) },
	"Async":          flow.Async[int],
	"Asyncs":         func(in ints) ints { return flow.Async(flow.Async(in)) },
	"Merge":          func(in ints) ints { return flow.Merge(in, flow.Empty[int]()) },
	"a function":     func(in ints) ints { return flow.FromFunc(in.Run) },
	"a loop":         asAll,
	"late":           func(in ints) ints { return flow.Concat(flow.Empty[int](), in) },
	"later":          func(in ints) ints { return flow.Concat(flow.Async(flow.Empty[int]()), in) },
	"first of two":   func(in ints) ints { return flow.Concat(in, flow.Async(flow.Empty[int]())) },
	"MapAsync":       mapAsync[int](2),
	"FlatMapConcat":  func(in ints) ints { return flow.FlatMapConcat(in, func(v int) ints { return flow.Of(v) }) },
	"FlatMapConcats": func(in ints) ints { return flow.FlatMapConcat(in, func(v int) ints { return flow.Async(flow.Of(v)) }) },
	"FlatMapPrefix":  prefixed(0, func(in ints) ints { return in }),
	"GroupBy": func(in ints) ints {
		return flow.GroupBy(in, 1, func(int) int { return 0 }, func(_ int, in ints) ints { return in })
	},
}

// prefixed is a FlatMapPrefix that gives the prefix back before what f makes of the rest.
func prefixed[T any](n int, f flow.Flow[T, T]) flow.Flow[T, T] {
	return func(in flow.Source[T]) flow.Source[T] {
		return flow.FlatMapPrefix(in, n, func(_ context.Context, prefix []T) (flow.Flow[T, T], error) {
			return func(rest flow.Source[T]) flow.Source[T] { return flow.Concat(flow.Of(prefix...), f(rest)) }, nil
		})
	}
}

func TestFlatMapPrefixKeepsTheLaws(t *testing.T) {
	in := []int{1, 2, 3}
	for name, f := range fedFlows {
		for n := range 5 {
			t.Run(fmt.Sprintf("%s, %d", name, n), func(t *testing.T) {
				t.Parallel()
				keepsTheLaws(t, prefixed(n, f), in, in)
			})
		}
	}
	keepsTheLaws(t, func(in ints) ints { return flow.Take(prefixed(1, fedFlows["Async"])(in), 2) }, in, []int{1, 2})
}

func TestFlatMapPrefixWithFlowsThatEndEarly(t *testing.T) {
	for name, early := range map[string]struct {
		flow flow.Flow[int, int]
		want []int
	}{
		"Take":                {func(in ints) ints { return flow.Take(in, 1) }, []int{1, 2}},
		"Take of Async":       {func(in ints) ints { return flow.Take(flow.Async(in), 1) }, []int{1, 2}},
		"Async of Take":       {func(in ints) ints { return flow.Async(flow.Take(in, 1)) }, []int{1, 2}},
		"more after Take":     {func(in ints) ints { return flow.Concat(flow.Take(in, 1), flow.Async(flow.Of(9))) }, []int{1, 2, 9}},
		"never started":       {func(ints) ints { return flow.Of(8, 9) }, []int{1, 8, 9}},
		"never started later": {func(ints) ints { return flow.Async(flow.Of(8, 9)) }, []int{1, 8, 9}},
		"a pair": {func(in ints) ints {
			return flow.FromSinkAndSource(flow.Head[int](), flow.Never[int]())(in)
		}, []int{1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			keepsTheLaws(t, prefixed(1, early.flow), []int{1, 2, 3}, early.want, flowtest.Except(flowtest.Failure))
		})
	}
}

func TestFlatMapPrefixHandsOnPanics(t *testing.T) {
	for n := range 5 {
		panicsTravel(t, func(in ints, leave func()) ints {
			return flow.FlatMapPrefix(in, n, func(context.Context, []int) (flow.Flow[int, int], error) {
				leave()
				return mapped, nil
			})
		})
		panicsTravel(t, func(in ints, leave func()) ints {
			return prefixed(n, func(in ints) ints {
				leave()
				return in
			})(in)
		})
	}
	for _, f := range fedFlows {
		panicsTravel(t, func(in ints, leave func()) ints {
			return prefixed(1, func(in ints) ints { return f(leaving(leave)(in)) })(in)
		})
		panicsTravel(t, func(in ints, leave func()) ints {
			return prefixed(1, func(in ints) ints { return leaving(leave)(f(in)) })(in)
		})
		panicsTravel(t, func(in ints, leave func()) ints { // at its end
			return prefixed(1, func(in ints) ints { return leaving(leave)(last(f(in))) })(in)
		})
	}
}

func TestFlatMapPrefixHoldsThePrefix(t *testing.T) {
	held := func(in flow.Source[*flowHeld]) flow.Source[*flowHeld] { return in }
	for _, n := range []int{0, 2, 5} {
		holds(t, prefixed(n, held))
		holds(t, prefixed(n, flow.Async[*flowHeld]))
		holds(t, func(in flow.Source[*flowHeld]) flow.Source[*flowHeld] {
			return flow.FlatMapPrefix(in, n, func(_ context.Context, prefix []*flowHeld) (flow.Flow[*flowHeld, *flowHeld], error) {
				return func(flow.Source[*flowHeld]) flow.Source[*flowHeld] { return flow.Async(flow.Of(prefix...)) }, nil
			})
		})
		holds(t, func(in flow.Source[*flowHeld]) flow.Source[*flowHeld] {
			return flow.FlatMapPrefix(in, n, func(context.Context, []*flowHeld) (flow.Flow[*flowHeld, *flowHeld], error) {
				return nil, errTest
			})
		})
	}
}

func TestPrefixIsShortIfTheInputIs(t *testing.T) {
	var got []int
	f := func(_ context.Context, prefix []int) (flow.Flow[int, int], error) {
		got = prefix
		return mapped, nil
	}
	values, err := flow.Collect(t.Context(), flow.FlatMapPrefix(flow.Of(1, 2), 3, f))
	require.NoError(t, err)
	require.Empty(t, values)
	require.Equal(t, []int{1, 2}, got)

	got = nil
	_, err = flow.Collect(t.Context(), flow.FlatMapPrefix(flow.Concat(flow.Of(1, 2), flow.Fail[int](errTest)), 3, f))
	require.Equal(t, errTest, err)
	require.Nil(t, got)
	require.Panics(t, func() { flow.FlatMapPrefix(flow.Of(1), -1, f) })
}

func TestErrorOfThePrefixEndsTheStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for n := range 3 {
			in := flow.Concat(flow.Of(1, 2), flow.Never[int]())
			_, err := flow.Collect(t.Context(), flow.FlatMapPrefix(in, n, func(context.Context, []int) (flow.Flow[int, int], error) {
				return nil, errTest
			}))
			require.Equal(t, errTest, err)
		}
	})
}

func TestRestIsOneShot(t *testing.T) {
	var kept ints
	twice := prefixed(1, func(in ints) ints {
		kept = in
		return flow.Concat(in, in)
	})
	values, err := flow.Collect(t.Context(), twice(flow.Of(1, 2, 3)))
	require.ErrorIs(t, err, flow.ErrConsumed)
	require.Equal(t, []int{1, 2, 3}, values)
	_, err = flow.Collect(t.Context(), kept)
	require.ErrorIs(t, err, flow.ErrConsumed)

	unused := prefixed(1, func(in ints) ints {
		kept = in
		return flow.Of(9)
	})
	values, err = flow.Collect(t.Context(), unused(flow.Of(1, 2, 3)))
	require.NoError(t, err)
	require.Equal(t, []int{1, 9}, values)
	_, err = flow.Collect(t.Context(), kept)
	require.ErrorIs(t, err, flow.ErrConsumed)
}

func TestInputWaitsUntilTheRestIsStarted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var taken []time.Duration
		in := flow.Map(flow.Of(1, 2, 3), func(v int) int {
			taken = append(taken, time.Since(start))
			return v
		})
		late := prefixed(1, func(in ints) ints { return flow.Concat(secondsOf(5), in) })
		values, err := flow.Collect(t.Context(), late(in))
		require.NoError(t, err)
		require.Equal(t, []int{1, 5, 2, 3}, values)
		require.Equal(t, []time.Duration{0, 0, 5 * time.Second}, taken)
	})
}

// What feeds a source is quiet, and the run of the source is cancelled by the flow it is part of.
func TestFedSourceEndsAtOnceWhenItsContextIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		in := flow.Concat(flow.Of(1, 2), flow.Never[int]())
		failing := func(in ints) ints {
			return flow.Merge(in, flow.TryMap(secondsOf(1), func(context.Context, int) (int, error) { return 0, errTest }))
		}
		_, err := flow.Collect(t.Context(), prefixed(1, failing)(in))
		require.Equal(t, errTest, err)
		require.Equal(t, time.Second, time.Since(start))
	})
}

// The same while a value is being taken: end waits for emit.
func TestFedSourceThatIsCancelledWhileEmitIsAtWorkEndsAfterwards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		in := flow.Concat(flow.Of(1, 2, 3), flow.Never[int]())
		coupled := func(in ints) ints {
			slow := flow.NewSink("slow", func(ctx context.Context, in ints) (int, error) {
				return 0, in.Run(ctx, func(int) error {
					time.Sleep(time.Minute)
					return nil
				})
			})
			return flow.FromSinkAndSource(slow, secondsOf(1))(in)
		}
		values, err := flow.Collect(t.Context(), prefixed(1, coupled)(in))
		require.NoError(t, err)
		require.Equal(t, []int{1, 1}, values)
		require.Equal(t, time.Minute, time.Since(start))
	})
}

func TestFedSourceIsCancelledWhileItIsFed(t *testing.T) {
	for i := range 300 {
		var cancel context.CancelCauseFunc
		f := func(in ints) ints {
			return flow.NewSource("cancelled", func(ctx context.Context, emit func(int) error, end func(error)) {
				ctx, cancel = context.WithCancelCause(ctx)
				flow.Go(ctx, func() { in.Start(ctx, emit, end) })
			})
		}
		n := 0
		err := prefixed(1, f)(flow.FromSeq(upTo(1_000_000_000))).Run(t.Context(), func(int) error {
			if n++; n == i+2 { // the first is the prefix
				go cancel(errTest)
			}
			return nil
		})
		require.Equal(t, errTest, err)
	}
}

func TestFedSourceWhoseContextIsDoneBeforeItIsStartedEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cancelled := func(in ints) ints {
			return flow.NewSource("cancelled", func(ctx context.Context, emit func(int) error, end func(error)) {
				ctx, cancel := context.WithCancelCause(ctx)
				cancel(errTest)
				flow.Go(ctx, func() { in.Start(ctx, emit, end) })
			})
		}
		values, err := flow.Collect(t.Context(), prefixed(1, cancelled)(flow.Concat(flow.Of(1, 2), flow.Never[int]())))
		require.Equal(t, errTest, err)
		require.Equal(t, []int{1}, values)
	})
}

func BenchmarkFlatMapPrefix(b *testing.B) {
	for _, name := range []string{"itself", "Async"} {
		b.Run(name, func(b *testing.B) { benchmark(b, prefixed(1, fedFlows[name])) })
	}
	b.Run("cancellable", func(b *testing.B) {
		benchmark(b, func(in ints) ints {
			return prefixed(1, func(in ints) ints { return flow.Merge(in) })(in)
		})
	})
	b.Run("run", func(b *testing.B) {
		b.ReportAllocs()
		source := prefixed(1, fedFlows["itself"])(flow.Of(1, 2))
		for b.Loop() {
			_ = source.Run(b.Context(), func(int) error { return nil })
		}
	})
}
