package flow_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleFilterMap() {
	ports := map[string]int{"http": 80, "https": 443}
	known := flow.FilterMap(flow.Of("http", "gopher", "https"), func(scheme string) (int, bool) {
		port, ok := ports[scheme]
		return port, ok
	})
	fmt.Println(flow.Collect(context.Background(), known))
	// Output: [80 443] <nil>
}

func tenfoldOfEven(v int) (int, bool) { return 10 * v, even(v) }

func TestFilterMapKeepsTheLaws(t *testing.T) {
	f := func(in ints) ints { return flow.FilterMap(in, tenfoldOfEven) }
	keepsTheLaws(t, f, []int{1, 2, 3, 4}, []int{20, 40})
	keepsTheLaws(t, f, nil, nil)
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.FilterMap(in, func(v int) (int, bool) {
			leave()
			return v, true
		})
	})
}

func TestFilterMapDoesNotAllocate(t *testing.T) {
	require.Zero(t, allocations(func(in ints) ints { return flow.FilterMap(in, tenfoldOfEven) }))
}

func BenchmarkFilterMap(b *testing.B) {
	benchmark(b, func(in ints) ints { return flow.FilterMap(in, tenfoldOfEven) })
}
