package flow_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleThrottle() {
	// The newest price, at most every ten milliseconds, however fast they come.
	prices := flow.Conflate(flow.FromSeq(upTo(1000)), func(_, v int) int { return v })
	shown, err := flow.Collect(context.Background(), flow.Throttle(prices, flow.Rate{N: 1, Per: 10 * time.Millisecond, Burst: 1}))
	fmt.Println(shown[len(shown)-1], err)
	// Output: 999 <nil>
}

func ExampleThrottleWeighted() {
	// A kilobyte per second, of which the first comes at once.
	lines := flow.Of("short", "and a little longer")
	sent := flow.ThrottleWeighted(lines, flow.Rate{N: 1024, Per: time.Second}, func(s string) int { return len(s) })
	fmt.Println(flow.Collect(context.Background(), sent))
	// Output: [short and a little longer] <nil>
}

func throttled(n int, per time.Duration, burst int) flow.Flow[int, int] {
	return func(in ints) ints { return flow.Throttle(in, flow.Rate{N: n, Per: per, Burst: burst}) }
}

func TestThrottleKeepsTheLaws(t *testing.T) {
	for _, f := range []flow.Flow[int, int]{
		throttled(1, 100*time.Microsecond, 1),
		throttled(1000, time.Second, 0),
		func(in ints) ints {
			return flow.ThrottleWeighted(in, flow.Rate{N: 10, Per: time.Millisecond}, func(v int) int { return v })
		},
	} {
		keepsTheLaws(t, f, []int{1, 2, 3}, []int{1, 2, 3})
		keepsTheLaws(t, f, nil, nil)
	}
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.ThrottleWeighted(in, flow.Rate{N: 1, Per: time.Nanosecond}, func(int) int { leave(); return 1 })
	})
}

func TestThrottleSpacesValues(t *testing.T) {
	draws(t, throttled(1, 4*time.Second, 0)(script("1@2 2@3 3@4 4@5 5@30 6@31 |32")), "1@2 2@6 3@10 4@14 5@30 6@34 |34")
	draws(t, throttled(4, 2*time.Second, 1)(flow.Of(1, 2, 3, 4)), "1@0 2@0.5 3@1 4@1.5 |1.5")
}

func TestThrottleLetsABurstPassAfterAPause(t *testing.T) {
	draws(t, throttled(1, 4*time.Second, 3)(flow.Concat(flow.Of(1, 2, 3, 4), script("5@12 6@12 7@12 |12"))),
		"1@0 2@0 3@0 4@4 5@16 6@16 7@16 |16")
	draws(t, throttled(4, 2*time.Second, 0)(flow.FromSeq(upTo(6))), "0@0 1@0 2@0 3@0 4@0.5 5@1 |1")
}

func TestThrottleCountsWhatAValueCosts(t *testing.T) {
	rate := flow.Rate{N: 1, Per: time.Second, Burst: 2}
	weighted := flow.ThrottleWeighted(flow.Of(1, 2, 5, 1, 0), rate, func(v int) int { return v })
	draws(t, weighted, "1@0 2@1 5@6 1@7 0@7 |7")
	negative := flow.ThrottleWeighted(flow.Of(1), flow.Rate{N: 1, Per: time.Second}, func(int) int { return -1 })
	require.Panics(t, func() { _, _ = flow.Collect(t.Context(), negative) })
}

func TestThrottleGoesOnWhenAConsumerIsSlow(t *testing.T) {
	draws(t, throttled(1, 4*time.Second, 1)(flow.Of(1, 2, 3)), "1@0 2@5 3@9 |9", 5)
}

func TestThrottleNeedsARate(t *testing.T) {
	require.Panics(t, func() { throttled(0, time.Second, 1)(flow.Of(1)) })
	require.Panics(t, func() { throttled(1, 0, 1)(flow.Of(1)) })
	require.Panics(t, func() { throttled(1, time.Second, -1)(flow.Of(1)) })
}

func TestThrottleAllocatesNothingForAValue(t *testing.T) {
	require.Zero(t, allocations(throttled(1_000_000_000, time.Second, 0)))
}

func BenchmarkThrottle(b *testing.B) { benchmark(b, throttled(1_000_000_000_000, time.Second, 0)) }

func BenchmarkThrottleWeighted(b *testing.B) {
	rate := flow.Rate{N: 1_000_000_000_000, Per: time.Second}
	benchmark(b, func(in ints) ints { return flow.ThrottleWeighted(in, rate, func(int) int { return 2 }) })
}
