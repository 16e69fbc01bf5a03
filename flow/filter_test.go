package flow_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/wsflow/wsflow/flow"
)

func ExampleFilter() {
	fmt.Println(flow.Collect(context.Background(), flow.Filter(flow.Of(1, 2, 3, 4), even)))
	// Output: [2 4] <nil>
}

func TestFilterKeepsTheLaws(t *testing.T) {
	keepsTheLaws(t, func(in ints) ints { return flow.Filter(in, even) }, []int{1, 2, 3, 4}, []int{2, 4})
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.Filter(in, func(int) bool {
			leave()
			return true
		})
	})
}
