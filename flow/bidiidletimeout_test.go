package flow_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleBidiIdleTimeout() {
	listens := flow.FromSinkAndSource(flow.Ignore[string](), flow.Never[string]())
	watched := flow.BidiIdleTimeout(listens, time.Millisecond)
	_, err := flow.Collect(context.Background(), watched(flow.Never[string]()))
	fmt.Println(err)
	// Output: flow: BidiIdleTimeout after 1ms
}

// twoSided takes what comes in, and gives what source gives.
func twoSided(source ints) flow.Flow[int, int] {
	return flow.BidiIdleTimeout(flow.FromSinkAndSource(flow.Ignore[int](), source), 8*time.Second)
}

func TestBidiIdleTimeoutNeedsSilenceOnBothSides(t *testing.T) {
	timedOut(t, "BidiIdleTimeout", 8*time.Second, twoSided(flow.Never[int]())(flow.Never[int]()), "X8")
	timedOut(t, "BidiIdleTimeout", 8*time.Second, twoSided(flow.Never[int]())(script("1@7 2@14")), "X22")
	timedOut(t, "BidiIdleTimeout", 8*time.Second, twoSided(script("1@7 2@14"))(flow.Never[int]()), "1@7 2@14 X22")
	timedOut(t, "BidiIdleTimeout", 8*time.Second, twoSided(script("1@7 2@21"))(script("1@14 2@25")), "1@7 2@21 X33")
	draws(t, twoSided(script("1@7 2@14 |20"))(flow.Never[int]()), "1@7 2@14 |20")
}

func TestBidiIdleTimeoutDoesNotCountTheTimeOfAnEmit(t *testing.T) {
	echo := flow.BidiIdleTimeout(func(in ints) ints { return in }, 8*time.Second)
	timedOut(t, "BidiIdleTimeout", 8*time.Second, echo(script("1@1 2@2")), "1@1 2@21 X29", 20)
	// What goes out at 1 is taken until 21, while 2 comes in at 10.
	timedOut(t, "BidiIdleTimeout", 8*time.Second, twoSided(script("1@1"))(script("1@2 2@10")), "1@1 X29", 20)
}

func TestRunsOfABidiIdleTimeoutAreApart(t *testing.T) {
	both := flow.Merge(twoSided(script("1@7 |8"))(flow.Never[int]()), twoSided(script("2@7.5 3@15 |16"))(flow.Never[int]()))
	draws(t, both, "1@7 2@7.5 3@15 |16")
	nested := flow.BidiIdleTimeout(twoSided(flow.Never[int]()), 5*time.Second)
	timedOut(t, "BidiIdleTimeout", 5*time.Second, nested(script("1@4")), "X9")
}

func TestBidiIdleTimeoutSeesOnlyItsOwnRun(t *testing.T) {
	own := func(in ints) ints {
		return flow.FromFunc(func(ctx context.Context, emit func(int) error) error {
			if _, err := flow.Collect(context.Background(), in); err != nil {
				return err
			}
			return flow.Never[int]().Run(ctx, emit)
		})
	}
	timedOut(t, "BidiIdleTimeout", 8*time.Second, flow.BidiIdleTimeout(own, 8*time.Second)(script("1@7 |7")), "X8")
}

func TestBidiIdleTimeoutIsDescribedOnce(t *testing.T) {
	echo := flow.BidiIdleTimeout(flow.Async[int], time.Second)
	require.Equal(t, "BidiIdleTimeout\n  Async\n    Of\n", flow.Describe(echo(flow.Of(1))).String())
}

func BenchmarkBidiIdleTimeout(b *testing.B) {
	benchmark(b, flow.BidiIdleTimeout(func(in ints) ints { return in }, time.Second))
}
