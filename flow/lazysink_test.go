package flow_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleLazySink() {
	sink := flow.LazySink(func(context.Context) (flow.Sink[string, []string], error) {
		fmt.Println("a value is there")
		return flow.ToSlice[string](), nil
	})
	fmt.Println(sink.Run(context.Background(), flow.Empty[string]()))
	fmt.Println(sink.Run(context.Background(), flow.Of("one", "two")))
	// Output:
	// [] <nil>
	// a value is there
	// [one two] <nil>
}

func lazySink[T, R any](sink flow.Sink[T, R]) flow.Sink[T, R] {
	return flow.LazySink(func(context.Context) (flow.Sink[T, R], error) { return sink, nil })
}

func TestLazySinkKeepsTheLaws(t *testing.T) {
	for name, sink := range map[string]func(func(int) error) flow.Sink[int, struct{}]{
		"a sink that keeps emit":  emitting[int],
		"a sink that loops":       looping[int],
		"a sink behind a flow":    func(emit func(int) error) flow.Sink[int, struct{}] { return flow.To(flow.Async[int], emitting(emit)) },
		"a sink that starts late": func(emit func(int) error) flow.Sink[int, struct{}] { return lazySink(lazySink(emitting(emit))) },
	} {
		t.Run(name, func(t *testing.T) {
			keepsTheLaws(t, sinking(func(emit func(int) error) flow.Sink[int, struct{}] {
				return lazySink(sink(emit))
			}), []int{1, 2, 3}, []int{1, 2, 3})
		})
	}
	holds(t, sinking(func(emit func(*flowHeld) error) flow.Sink[*flowHeld, struct{}] { return lazySink(emitting(emit)) }))
	panicsTravel(t, func(in ints, leave func()) ints {
		return sinking(func(emit func(int) error) flow.Sink[int, struct{}] {
			return flow.LazySink(func(context.Context) (flow.Sink[int, struct{}], error) {
				leave()
				return emitting(emit), nil
			})
		})(in)
	})
}

func TestLazySinkIsMadeAtTheFirstValue(t *testing.T) {
	made := 0
	sink := flow.LazySink(func(context.Context) (flow.Sink[int, []int], error) {
		made++
		return flow.ToSlice[int](), nil
	})
	values, err := sink.Run(t.Context(), flow.Empty[int]())
	require.NoError(t, err)
	require.Empty(t, values)
	_, err = sink.Run(t.Context(), flow.Fail[int](errTest))
	require.Equal(t, errTest, err)
	require.Zero(t, made)
	for range 2 {
		values, err = sink.Run(t.Context(), flow.Concat(flow.Of(1, 2), flow.Fail[int](errTest)))
		require.Equal(t, errTest, err)
		require.Equal(t, []int{1, 2}, values)
	}
	require.Equal(t, 2, made)
}

func TestLazySinkThatCannotBeMadeStopsTheStream(t *testing.T) {
	came := 0
	in := flow.Map(flow.Of(1, 2), func(v int) int {
		came++
		return v
	})
	_, err := flow.LazySink(func(context.Context) (flow.Sink[int, int], error) {
		return flow.Last[int](), errTest
	}).Run(t.Context(), in)
	require.Equal(t, errTest, err)
	require.Equal(t, 1, came)
}

func TestLazySinkThatHasHadEnoughStopsTheStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := flow.Concat(flow.Of(1, 2, 3), flow.Never[int]())
		for name, sink := range map[string]flow.Sink[int, int]{
			"at a value":      enough(2),
			"at a value late": flow.To(flow.Async[int], enough(2)),
			"without one": flow.NewSink("Nothing", func(context.Context, ints) (int, error) {
				return 2, nil
			}),
		} {
			n, err := lazySink(sink).Run(t.Context(), in)
			require.NoError(t, err, name)
			require.Equal(t, 2, n, name)
		}
	})
}

func TestLazySinkMayRunItsSourceOnce(t *testing.T) {
	_, err := lazySink(flow.To(func(in ints) ints { return flow.Concat(in, in) }, counting)).Run(t.Context(), flow.Of(1, 2))
	require.Equal(t, flow.ErrConsumed, err)
}

func BenchmarkLazySink(b *testing.B) {
	benchmark(b, sinking(func(emit func(int) error) flow.Sink[int, struct{}] { return lazySink(emitting(emit)) }))
}
