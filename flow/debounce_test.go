package flow_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
)

func ExampleDebounce() {
	typed := flow.Of("w", "we", "web") // one right after the other
	fmt.Println(flow.Collect(context.Background(), flow.Debounce(typed, time.Second)))
	// Output: [web] <nil>
}

func debounced[T any](d time.Duration) flow.Flow[T, T] {
	return func(in flow.Source[T]) flow.Source[T] { return flow.Debounce(in, d) }
}

func TestDebounceKeepsTheLaws(t *testing.T) {
	for _, d := range []time.Duration{aLongTime, time.Nanosecond} {
		keepsTheLaws(t, debounced[int](d), []int{1, 2, 3}, []int{1, 2, 3}, flowtest.Lossy())
		keepsTheLaws(t, debounced[int](d), nil, nil)
		holds(t, debounced[*flowHeld](d))
	}
	keepsTheLaws(t, debounced[int](time.Millisecond), []int{1}, []int{1})
}

func TestDebounceEmitsWhatIsFollowedBySilence(t *testing.T) {
	draws(t, debounced[int](5*time.Second)(script("1@2 2@4 3@6 4@20 5@24 |25")), "3@11 5@25 |25")
}

func TestDebounceEmitsTheLastValueBeforeAnError(t *testing.T) {
	require.Equal(t, errTest, endOf(t, debounced[int](5*time.Second)(script("1@2 X3")), "1@3 X3"))
}

func TestDebounceLetsItsInputWaitWhileItEmits(t *testing.T) {
	draws(t, debounced[int](5*time.Second)(script("1@0 2@6 3@7 |30")), "1@5 3@20 |30", 10)
}

func TestDebounceNeedsATime(t *testing.T) {
	require.Panics(t, func() { debounced[int](0)(flow.Of(1)) })
}

func TestDebounceAllocatesNothingForAValue(t *testing.T) {
	require.Zero(t, allocations(debounced[int](aLongTime)))
}

func BenchmarkDebounce(b *testing.B) { benchmark(b, debounced[int](aLongTime)) }
