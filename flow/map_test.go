package flow_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/wsflow/wsflow/flow"
)

func ExampleMap() {
	names := flow.Map(flow.Of("Ada", "Grace"), strings.ToUpper)
	fmt.Println(flow.Collect(context.Background(), names))
	// Output: [ADA GRACE] <nil>
}

func TestMapKeepsTheLaws(t *testing.T) {
	keepsTheLaws(t, func(in ints) ints {
		return flow.Map(in, func(v int) int { return 10 * v })
	}, []int{1, 2, 3}, []int{10, 20, 30})
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.Map(in, func(v int) int {
			leave()
			return v
		})
	})
}
