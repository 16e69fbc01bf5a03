package flow_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/wsflow/wsflow/flow"
)

func ExampleInitialTimeout() {
	peer := flow.Never[string]() // does not say who it is
	_, err := flow.Collect(context.Background(), flow.InitialTimeout(peer, time.Millisecond))
	fmt.Println(err)
	// Output: flow: InitialTimeout after 1ms
}

func initialIn8(in ints) ints { return flow.InitialTimeout(in, 8*time.Second) }

func TestInitialTimeoutIsAboutTheFirstValue(t *testing.T) {
	timedOut(t, "InitialTimeout", 8*time.Second, initialIn8(script("1@9 |10")), "X8")
	draws(t, initialIn8(script("1@7 2@30 |40")), "1@7 2@30 |40")
	draws(t, initialIn8(script("|7")), "|7")
}

func TestInitialTimeoutDoesNotFailWhileTheFirstValueIsTaken(t *testing.T) {
	draws(t, initialIn8(script("1@7 2@8 |9")), "1@7 2@27 |27", 20)
}

func BenchmarkInitialTimeout(b *testing.B) { benchmark(b, initialIn8) }
