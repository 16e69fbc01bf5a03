package flow_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleKeepAlive() {
	alive := flow.KeepAlive(flow.Never[string](), time.Millisecond, func() string { return "still here" })
	fmt.Println(flow.Collect(context.Background(), flow.Take(alive, 2)))
	// Output: [still here still here] <nil>
}

func keptAlive[T any](d time.Duration) flow.Flow[T, T] {
	return func(in flow.Source[T]) flow.Source[T] {
		return flow.KeepAlive(in, d, func() (zero T) { return zero })
	}
}

func TestKeepAliveKeepsTheLaws(t *testing.T) {
	keepsTheLaws(t, keptAlive[int](aLongTime), []int{1, 2, 3}, []int{1, 2, 3})
	keepsTheLaws(t, keptAlive[int](aLongTime), nil, nil)
	holds(t, keptAlive[*flowHeld](aLongTime))
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.KeepAlive(flow.Concat(in, flow.Never[int]()), time.Millisecond, func() int { leave(); return 0 })
	})
}

func TestKeepAliveInjectsAfterEachSilence(t *testing.T) {
	draws(t, keptAlive[int](8*time.Second)(script("1@2 2@3 3@20 |21")), "1@2 2@3 0@11 0@19 3@20 |21")
	draws(t, keptAlive[int](8*time.Second)(script("1@30 |31")), "0@8 0@16 0@24 1@30 |31")
}

func TestKeepAliveDoesNotCountTheTimeOfAnEmit(t *testing.T) {
	draws(t, keptAlive[int](8*time.Second)(script("1@1 |30")), "1@1 0@19 0@27 |30", 10)
}

func TestKeepAliveNeedsATime(t *testing.T) {
	require.PanicsWithValue(t, "flow: KeepAlive with a time that is not positive", func() { keptAlive[int](0)(flow.Of(1)) })
}

func TestKeepAliveAllocatesNothingForAValue(t *testing.T) {
	require.Zero(t, allocations(keptAlive[int](aLongTime)))
}

func BenchmarkKeepAlive(b *testing.B) { benchmark(b, keptAlive[int](aLongTime)) }
