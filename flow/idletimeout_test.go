package flow_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/wsflow/wsflow/flow"
)

func ExampleIdleTimeout() {
	silent := flow.Concat(flow.Of("hello"), flow.Never[string]())
	fmt.Println(flow.Collect(context.Background(), flow.IdleTimeout(silent, time.Millisecond)))
	// Output: [hello] flow: IdleTimeout after 1ms
}

func idleFor8(in ints) ints { return flow.IdleTimeout(in, 8*time.Second) }

func TestIdleTimeoutFailsExactlyWhenItsInputWasSilentForSoLong(t *testing.T) {
	timedOut(t, "IdleTimeout", 8*time.Second, idleFor8(script("1@2 2@5.5 3@30 |31")), "1@2 2@5.5 X13.5")
	timedOut(t, "IdleTimeout", 8*time.Second, idleFor8(script("1@7 2@14 3@21.75")), "1@7 2@14 3@21.75 X29.75")
	timedOut(t, "IdleTimeout", 8*time.Second, idleFor8(flow.Never[int]()), "X8")
}

func TestIdleTimeoutLeavesALivelyInputAlone(t *testing.T) {
	draws(t, idleFor8(script("1@7 2@14 3@21 |28")), "1@7 2@14 3@21 |28")
}

func TestIdleTimeoutDoesNotCountTheTimeOfAnEmit(t *testing.T) {
	timedOut(t, "IdleTimeout", 8*time.Second, idleFor8(script("1@1 2@2 3@60")), "1@1 2@21 X49", 20, 20)
}

func TestInnerIdleTimeoutIsToldFromTheOuter(t *testing.T) {
	timedOut(t, "IdleTimeout", time.Second, flow.IdleTimeout(idleFor8(flow.Never[int]()), time.Second), "X1")
	timedOut(t, "IdleTimeout", time.Second, idleFor8(flow.IdleTimeout(flow.Never[int](), time.Second)), "X1")
}

func BenchmarkIdleTimeout(b *testing.B) { benchmark(b, idleFor8) }
