package flowtest_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
)

// Twice passes on every value two times. It is an operator as a user writes it.
func Twice[T any](in flow.Source[T]) flow.Source[T] {
	return flow.Operator("Twice", in, func(_ context.Context, emit func(T) error, end func(error)) (func(T) error, func(error)) {
		return func(v T) error {
			if err := emit(v); err != nil {
				return err
			}
			return emit(v)
		}, end
	})
}

func ExampleTestFlow() {
	err := flowtest.TestFlow(Twice[int], []int{1, 2}, []int{1, 1, 2, 2})
	fmt.Println(err)
	// Output: <nil>
}

// Careless is Twice by somebody who does not look at what emit returns.
func Careless[T any](in flow.Source[T]) flow.Source[T] {
	return flow.Operator("Careless", in, func(_ context.Context, emit func(T) error, end func(error)) (func(T) error, func(error)) {
		return func(v T) error {
			_ = emit(v)
			return emit(v)
		}, end
	})
}

func ExampleViolated() {
	err := flowtest.TestFlow(Careless[int], []int{1, 2}, []int{1, 1, 2, 2})
	fmt.Println(flowtest.Violated(err, flowtest.Stop), flowtest.Violated(err, flowtest.Values))
	// Output: true false
}

func ExampleTestSource() {
	numbers := func() flow.Source[int] { return flow.Of(1, 2, 3) }
	fmt.Println(flowtest.TestSource(numbers, []int{1, 2, 3}))
	// Output: <nil>
}

func ExampleTestPanic() {
	fmt.Println(flowtest.TestPanic(func(in flow.Source[int]) flow.Source[int] {
		return flow.Map(in, func(int) int { panic("oops") })
	}, []int{1, 2, 3}))
	// Output: <nil>
}

func ExampleTestHolding() {
	fmt.Println(flowtest.TestHolding(flow.Async[*flowtest.Held], 3))
	// Output: <nil>
}

func TestViolationSaysWhatHappened(t *testing.T) {
	err := flowtest.TestFlow(Twice[int], []int{1}, []int{1, 2})
	const want = "flowtest: gives the values: input inside start, completes after 1 values, all values taken: gives [1 1], want [1 2]"
	if v, ok := err.(interface{ Unwrap() []error }); !ok || v.Unwrap()[0].Error() != want {
		t.Errorf("TestFlow: %v, want first %s", err, want)
	}
}

func TestSourceThatGoesOnWithoutWaitingCanBeCheckedInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		require.NoError(t, flowtest.TestSource(func() ints { return flow.Repeat(1) }, []int{1, 1}, flowtest.Endless()))
	})
}
