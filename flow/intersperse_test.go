package flow_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleIntersperse() {
	list := flow.Intersperse(flow.Of("1", "2", "3"), ", ")
	array := flow.Concat(flow.Of("["), list, flow.Of("]"))
	parts, err := flow.Collect(context.Background(), array)
	fmt.Println(strings.Join(parts, ""), err)
	// Output: [1, 2, 3] <nil>
}

func withZeros(in ints) ints { return flow.Intersperse(in, 0) }

func TestIntersperseKeepsTheLaws(t *testing.T) {
	keepsTheLaws(t, withZeros, []int{1, 2, 3}, []int{1, 0, 2, 0, 3})
	keepsTheLaws(t, withZeros, []int{1}, []int{1})
	keepsTheLaws(t, withZeros, nil, nil)
}

func TestIntersperseDoesNotEmitTheValueWhenCancelledAtTheSeparator(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	var got []int
	err := withZeros(flow.Of(1, 2)).Run(ctx, func(v int) error {
		got = append(got, v)
		if v == 0 {
			cancel(errTest)
		}
		return nil
	})
	require.Equal(t, errTest, err)
	require.Equal(t, []int{1, 0}, got)
}

func TestIntersperseDoesNotAllocate(t *testing.T) {
	require.Zero(t, allocations(withZeros))
}

func BenchmarkIntersperse(b *testing.B) { benchmark(b, withZeros) }
