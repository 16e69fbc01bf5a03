package flow_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleDropWithin() {
	fmt.Println(flow.Collect(context.Background(), flow.DropWithin(flow.Of(1, 2, 3), time.Hour)))
	// Output: [] <nil>
}

func dropsWithin(d time.Duration) flow.Flow[int, int] {
	return func(in ints) ints { return flow.DropWithin(in, d) }
}

func TestDropWithinKeepsTheLaws(t *testing.T) {
	keepsTheLaws(t, dropsWithin(aLongTime), []int{1, 2, 3}, nil)
	keepsTheLaws(t, dropsWithin(0), []int{1, 2, 3}, []int{1, 2, 3})
}

func TestDropWithinDropsUntilItsTime(t *testing.T) {
	draws(t, dropsWithin(7*time.Second)(script("1@2 2@6.75 3@7 4@8 |9")), "3@7 4@8 |9")
}

func TestDropWithinAllocatesNothingForAValue(t *testing.T) {
	require.Zero(t, allocations(dropsWithin(0)))
	require.Zero(t, allocations(dropsWithin(aLongTime)))
}

func BenchmarkDropWithin(b *testing.B) { benchmark(b, dropsWithin(0)) }
