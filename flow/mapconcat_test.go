package flow_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/wsflow/wsflow/flow"
)

func ExampleMapConcat() {
	words := flow.MapConcat(flow.Of("to be", "or not"), strings.Fields)
	fmt.Printf("%q\n", first(flow.Collect(context.Background(), words)))
	// Output: ["to" "be" "or" "not"]
}

func first[T any](v T, _ error) T { return v }

func TestMapConcatKeepsTheLaws(t *testing.T) {
	keepsTheLaws(t, func(in ints) ints {
		return flow.MapConcat(in, func(v int) []int { return slices.Repeat([]int{v}, v) })
	}, []int{0, 2, 0, 3}, []int{2, 2, 3, 3, 3})
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.MapConcat(in, func(v int) []int {
			leave()
			return []int{v}
		})
	})
}
