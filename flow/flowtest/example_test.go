package flowtest_test

import (
	"context"
	"fmt"
	"testing"

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
	err := flowtest.TestFlow(Twice[int], []int{1, 2}, []int{1, 1, 2, 2}, flowtest.Except(flowtest.Cancel))
	fmt.Println(err)
	// Output: <nil>
}

// Twice is well-behaved but for one thing: when it is cancelled between the two, it emits the second all the same, and
// if that is the last of all, the stream is complete and not cancelled.
func ExampleTestFlow_violation() {
	err := flowtest.TestFlow(Twice[int], []int{1}, []int{1, 1})
	fmt.Println(flowtest.Violated(err, flowtest.Cancel), flowtest.Violated(err, flowtest.Stop))
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
