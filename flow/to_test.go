package flow_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleTo() {
	lengths := func(in flow.Source[string]) flow.Source[int] {
		return flow.Map(in, func(s string) int { return len(s) })
	}
	total := flow.To(lengths, flow.Fold(0, func(sum, n int) int { return sum + n }))
	fmt.Println(total.Run(context.Background(), flow.Of("one", "two", "three")))
	// Output: 11 <nil>
}

func TestToKeepsTheLaws(t *testing.T) {
	for _, between := range []flow.Flow[int, int]{mapped, func(in ints) ints { return flow.Async(mapped(in)) }} {
		keepsTheLaws(t, sinking(func(emit func(int) error) flow.Sink[int, struct{}] {
			return flow.To(between, emitting(emit))
		}), []int{1, 2, 3}, []int{2, 3, 4})
	}
	panicsTravel(t, func(in ints, leave func()) ints {
		return sinking(func(emit func(int) error) flow.Sink[int, struct{}] {
			return flow.To(func(in ints) ints {
				leave()
				return in
			}, emitting(emit))
		})(in)
	})
}

func TestToStopsAsItsFlowDoes(t *testing.T) {
	n, err := enough(2).Run(t.Context(), flow.Repeat(1))
	require.NoError(t, err)
	require.Equal(t, 2, n)
}

func BenchmarkTo(b *testing.B) { benchmarkSink(b, flow.To(mapped, flow.Ignore[int]())) }
