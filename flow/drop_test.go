package flow_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/wsflow/wsflow/flow"
)

func ExampleDrop() {
	fmt.Println(flow.Collect(context.Background(), flow.Drop(flow.Of(1, 2, 3, 4), 2)))
	// Output: [3 4] <nil>
}

func TestDropKeepsTheLaws(t *testing.T) {
	keepsTheLaws(t, func(in ints) ints { return flow.Drop(in, 2) }, []int{1, 2, 3, 4}, []int{3, 4})
	keepsTheLaws(t, func(in ints) ints { return flow.Drop(in, 5) }, []int{1, 2, 3}, nil)
	keepsTheLaws(t, func(in ints) ints { return flow.Drop(in, -1) }, []int{1, 2, 3}, []int{1, 2, 3})
}
