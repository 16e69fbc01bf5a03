package flow_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/wsflow/wsflow/flow"
)

func ExampleCompletionTimeout() {
	endless := flow.Concat(flow.Of(1, 2), flow.Never[int]())
	fmt.Println(flow.Collect(context.Background(), flow.CompletionTimeout(endless, time.Millisecond)))
	// Output: [1 2] flow: CompletionTimeout after 1ms
}

func completedIn10(in ints) ints { return flow.CompletionTimeout(in, 10*time.Second) }

func TestCompletionTimeoutCountsFromTheStart(t *testing.T) {
	timedOut(t, "CompletionTimeout", 10*time.Second, completedIn10(script("1@2 2@9 3@11 |12")), "1@2 2@9 X10")
	draws(t, completedIn10(script("1@2 2@9 |9.5")), "1@2 2@9 |9.5")
}

func TestCompletionTimeoutWaitsForTheValueThatIsTaken(t *testing.T) {
	timedOut(t, "CompletionTimeout", 10*time.Second, completedIn10(script("1@2 2@9 3@11 |12")), "1@2 2@9 X29", 0, 20)
}

func BenchmarkCompletionTimeout(b *testing.B) { benchmark(b, completedIn10) }
