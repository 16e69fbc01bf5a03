package flow_test

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
)

func ExampleRecoverWith() {
	primary := flow.Concat(flow.Of(1, 2), flow.Fail[int](errors.New("it broke")))
	backup := flow.Of(7, 8)
	fmt.Println(flow.Collect(context.Background(), flow.RecoverWith(primary, 1, func(error) (flow.Source[int], bool) {
		return backup, true
	})))
	// Output: [1 2 7 8] <nil>
}

func TestRetriesOfRecoverWithAreCounted(t *testing.T) {
	errs := make([]error, 4)
	for i := range errs {
		errs[i] = fmt.Errorf("failure %d", i)
	}
	failing := func(i int) ints { return flow.Concat(flow.Of(i), flow.Fail[int](errs[i])) }
	for retries, want := range [][]int{{0}, {0, 1}, {0, 1, 2}} {
		n := 0
		values, err := flow.Collect(t.Context(), flow.RecoverWith(failing(0), retries, func(err error) (ints, bool) {
			require.Equal(t, errs[n], err)
			n++
			return failing(n), true
		}))
		require.Equal(t, want, values)
		require.Equal(t, errs[retries], err)
	}
}

func TestRecoverWithMayPassTheErrorOn(t *testing.T) {
	_, err := flow.Collect(t.Context(), flow.RecoverWith(flow.Fail[int](errTest), -1, func(error) (ints, bool) { return flow.Of(1), false }))
	require.Equal(t, errTest, err)
}

func TestManyFailuresCostNoStack(t *testing.T) {
	defer debug.SetMaxStack(debug.SetMaxStack(1 << 20))
	for name, first := range map[string]ints{"inside": flow.Fail[int](errTest), "later": flow.Async(flow.Fail[int](errTest))} {
		n := 0
		values, err := flow.Collect(t.Context(), flow.RecoverWith(first, -1, func(error) (ints, bool) {
			if n++; n < 1_000_000 {
				return flow.Fail[int](errTest), true
			}
			return flow.Of(1), true
		}))
		require.NoError(t, err, name)
		require.Equal(t, []int{1}, values, name)
	}
}

// A source that is started by the end of one that ended on another goroutine.
func TestExitInASourceThatRecoversEndsTheStream(t *testing.T) {
	require.NoError(t, flowtest.TestPanic(func(in ints) ints {
		return flow.RecoverWith(flow.Concat(in, flow.Fail[int](errTest)), -1, func(error) (ints, bool) {
			return flow.Map(flow.Of(1), func(int) int {
				exit()
				return 0
			}), true
		})
	}, []int{1, 2}))
}

func TestRecoverWithGoesOnWithASourceOfItsOwnGoroutines(t *testing.T) {
	keepsTheLaws(t, func(in ints) ints {
		return flow.RecoverWith(flow.Async(flow.Concat(in, flow.Fail[int](errTest))), 1, func(error) (ints, bool) {
			return flow.Merge(flow.Of(7), flow.Empty[int]()), true
		})
	}, []int{1, 2}, []int{1, 2, 7}, flowtest.Except(flowtest.Failure))
}
