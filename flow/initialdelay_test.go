package flow_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleInitialDelay() {
	fmt.Println(flow.Collect(context.Background(), flow.InitialDelay(flow.Of(1, 2), time.Millisecond)))
	// Output: [1 2] <nil>
}

func delayedAtFirst(in ints) ints { return flow.InitialDelay(in, 8*time.Second) }

func TestInitialDelayKeepsTheLaws(t *testing.T) {
	short := func(in ints) ints { return flow.InitialDelay(in, time.Millisecond) }
	keepsTheLaws(t, short, []int{1, 2, 3}, []int{1, 2, 3})
	keepsTheLaws(t, short, nil, nil)
}

func TestInitialDelayIsForTheFirstValue(t *testing.T) {
	draws(t, delayedAtFirst(script("1@2 2@3 3@12 |13")), "1@8 2@8 3@12 |13")
	draws(t, delayedAtFirst(script("1@9 2@10 |11")), "1@9 2@10 |11")
	draws(t, delayedAtFirst(script("|2")), "|2")
}

func TestInitialDelayAllocatesNothingForAValue(t *testing.T) {
	require.Zero(t, allocations(func(in ints) ints { return flow.InitialDelay(in, 0) }))
}

func BenchmarkInitialDelay(b *testing.B) {
	benchmark(b, func(in ints) ints { return flow.InitialDelay(in, 0) })
}
