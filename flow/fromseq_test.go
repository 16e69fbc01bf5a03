package flow_test

import (
	"context"
	"fmt"
	"maps"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
)

func ExampleFromSeq() {
	ages := map[string]int{"Ada": 36}
	fmt.Println(flow.Collect(context.Background(), flow.FromSeq(maps.Keys(ages))))
	// Output: [Ada] <nil>
}

func TestFromSeqKeepsTheLaws(t *testing.T) {
	sourceKeepsTheLaws(t, func() ints { return flow.FromSeq(upTo(3)) }, []int{0, 1, 2})
}

func TestPanicOfASequenceTravels(t *testing.T) {
	require.NoError(t, flowtest.TestPanic(func(ints) ints {
		return flow.FromSeq(func(yield func(int) bool) {
			yield(1)
			panic("oops")
		})
	}, []int{1}))
}
