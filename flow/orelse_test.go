package flow_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleOrElse() {
	found := flow.Empty[string]()
	fmt.Println(flow.Collect(context.Background(), flow.OrElse(found, flow.Of("nothing found"))))
	// Output: [nothing found] <nil>
}

func orElse(other ints) flow.Flow[int, int] {
	return func(in ints) ints { return flow.OrElse(in, other) }
}

func TestOrElseKeepsTheLaws(t *testing.T) {
	keepsTheLaws(t, orElse(flow.Of(7)), []int{1, 2}, []int{1, 2})
	keepsTheLaws(t, func(in ints) ints { return flow.OrElse(flow.Empty[int](), in) }, []int{1, 2}, []int{1, 2})
	keepsTheLaws(t, orElse(flow.Of(7)), nil, []int{7})
	keepsTheLaws(t, orElse(flow.Async(flow.Of(7))), nil, []int{7})
	keepsTheLaws(t, orElse(flow.Empty[int]()), nil, nil)
}

func TestOrElseDoesNotStartTheOtherWithoutNeed(t *testing.T) {
	started := flow.FromFunc(func(context.Context, func(int) error) error {
		t.Error("started")
		return nil
	})
	values, err := flow.Collect(t.Context(), orElse(started)(flow.Of(1)))
	require.NoError(t, err)
	require.Equal(t, []int{1}, values)
	_, err = flow.Collect(t.Context(), orElse(started)(flow.Fail[int](errTest)))
	require.Equal(t, errTest, err)
}

func TestOrElseAllocatesNothingPerValue(t *testing.T) {
	require.Zero(t, allocations(orElse(flow.Of(7))))
}

func BenchmarkOrElse(b *testing.B) { benchmark(b, orElse(flow.Of(7))) }
