package flow_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleTakeWithin() {
	silent := flow.Concat(flow.Of(1, 2), flow.Never[int]())
	fmt.Println(flow.Collect(context.Background(), flow.TakeWithin(silent, time.Millisecond)))
	// Output: [1 2] <nil>
}

func takesWithin(d time.Duration) flow.Flow[int, int] {
	return func(in ints) ints { return flow.TakeWithin(in, d) }
}

func TestTakeWithinKeepsTheLaws(t *testing.T) {
	keepsTheLaws(t, takesWithin(aLongTime), []int{1, 2, 3}, []int{1, 2, 3})
	keepsTheLaws(t, takesWithin(aLongTime), nil, nil)
	keepsTheLaws(t, takesWithin(0), []int{1, 2, 3}, nil)
	keepsTheLaws(t, func(in ints) ints { return takesWithin(aLongTime)(flow.Take(in, 2)) }, []int{1, 2, 3}, []int{1, 2})
}

func TestTakeWithinIsCompleteAtItsTime(t *testing.T) {
	draws(t, takesWithin(10*time.Second)(script("1@2 2@9 3@11 |12")), "1@2 2@9 |10")
	draws(t, takesWithin(10*time.Second)(flow.Never[int]()), "|10")
	draws(t, takesWithin(10*time.Second)(script("1@2 |3")), "1@2 |3")
	require.Equal(t, errTest, endOf(t, takesWithin(10*time.Second)(script("1@2 X3")), "1@2 X3"))
}

func TestTakeWithinWaitsForTheValueThatIsTaken(t *testing.T) {
	draws(t, takesWithin(10*time.Second)(script("1@2 2@9 3@11 |12")), "1@2 2@9 |29", 0, 20)
}

func TestOuterTakeWithinIsNotEndedByAnInnerOne(t *testing.T) {
	both := flow.Concat(takesWithin(3*time.Second)(script("1@2 2@9")), script("3@2 4@20"))
	draws(t, takesWithin(10*time.Second)(both), "1@2 3@5 |10")
}

func TestTakeWithinOfNoTimeDoesNotStartItsInput(t *testing.T) {
	draws(t, takesWithin(0)(flow.Fail[int](errTest)), "|0")
}

func TestTakeWithinAllocatesNothingForAValue(t *testing.T) {
	require.Zero(t, allocations(takesWithin(aLongTime)))
}

func BenchmarkTakeWithin(b *testing.B) { benchmark(b, takesWithin(aLongTime)) }
