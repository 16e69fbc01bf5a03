package flow_test

import (
	"context"
	"errors"
	"runtime"

	"github.com/wsflow/wsflow/flow/flowtest"
)

var errTest = errors.New("it broke")

func exit() { runtime.Goexit() }

func tenfold(_ context.Context, v int) (int, error) { return 10 * v, nil }

// upTo returns a sequence of 0 to n-1.
func upTo(n int) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

type flowHeld = flowtest.Held
