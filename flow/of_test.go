package flow_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/wsflow/wsflow/flow"
)

func ExampleOf() {
	fmt.Println(flow.Collect(context.Background(), flow.Of(1, 2, 3)))
	// Output: [1 2 3] <nil>
}

func TestOfKeepsTheLaws(t *testing.T) {
	sourceKeepsTheLaws(t, func() ints { return flow.Of(1, 2, 3) }, []int{1, 2, 3})
	sourceKeepsTheLaws(t, func() ints { return flow.Of[int]() }, nil)
}
