package flow_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
)

func ExampleRepeat() {
	fmt.Println(flow.Collect(context.Background(), flow.Take(flow.Repeat("la"), 3)))
	// Output: [la la la] <nil>
}

func TestRepeatKeepsTheLaws(t *testing.T) {
	keepsTheLaws(t, func(in ints) ints { return flow.Concat(flow.Take(flow.Repeat(7), 2), in) }, []int{1, 2}, []int{7, 7, 1, 2})
	sourceKeepsTheLaws(t, func() ints { return flow.Repeat(1) }, []int{1, 1, 1}, flowtest.Endless())
}

func BenchmarkRepeat(b *testing.B) {
	benchmark(b, func(ints) ints { return flow.Take(flow.Repeat(1), b.N) })
}
