package flow_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleReduce() {
	longest := flow.Reduce(func(a, b string) string {
		if len(b) > len(a) {
			return b
		}
		return a
	})
	fmt.Println(longest.Run(context.Background(), flow.Of("a", "abc", "ab")))
	// Output: abc <nil>
}

func TestReduceOfOneValueIsTheValue(t *testing.T) {
	v, err := flow.Reduce(func(int, int) int { panic("not called") }).Run(t.Context(), flow.Of(7))
	require.NoError(t, err)
	require.Equal(t, 7, v)
}

func TestReduceOfNothingFails(t *testing.T) {
	_, err := flow.Reduce(func(a, b int) int { return a + b }).Run(t.Context(), flow.Empty[int]())
	require.Equal(t, flow.ErrEmpty, err)
}

func TestReduceOfAFailedStreamIsThatOfTheValuesBefore(t *testing.T) {
	sum := flow.Reduce(func(a, b int) int { return a + b })
	for range 2 {
		v, err := sum.Run(t.Context(), flow.Concat(flow.Of(1, 2, 3), flow.Fail[int](errTest)))
		require.Equal(t, errTest, err)
		require.Equal(t, 6, v)
	}
}

func BenchmarkReduce(b *testing.B) {
	b.ReportAllocs()
	_, _ = flow.Reduce(func(a, b int) int { return a + b }).Run(b.Context(), flow.FromSeq(upTo(b.N)))
}
