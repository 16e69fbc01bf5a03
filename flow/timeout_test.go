package flow_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func TestTimeoutErrorIsAnswered(t *testing.T) {
	var err error = &flow.TimeoutError{Operator: "IdleTimeout", After: 90 * time.Second}
	require.EqualError(t, err, "flow: IdleTimeout after 1m30s")
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	var timeout interface{ Timeout() bool }
	require.True(t, errors.As(err, &timeout) && timeout.Timeout())
}

// What is true of every timeout.
var timeouts = map[string]func(in ints, d time.Duration) ints{
	"IdleTimeout":         flow.IdleTimeout[int],
	"InitialTimeout":      flow.InitialTimeout[int],
	"CompletionTimeout":   flow.CompletionTimeout[int],
	"BackpressureTimeout": flow.BackpressureTimeout[int],
	"BidiIdleTimeout": func(in ints, d time.Duration) ints {
		return flow.BidiIdleTimeout(func(in ints) ints { return in }, d)(in)
	},
}

func TestTimeoutsKeepTheLaws(t *testing.T) {
	for name, f := range timeouts {
		t.Run(name, func(t *testing.T) {
			long := func(in ints) ints { return f(in, aLongTime) }
			keepsTheLaws(t, long, []int{1, 2, 3}, []int{1, 2, 3})
			keepsTheLaws(t, long, nil, nil)
			keepsTheLaws(t, func(in ints) ints { return long(flow.Take(long(in), 2)) }, []int{1, 2, 3}, []int{1, 2})
		})
	}
}

// An input that sees too late that it is cancelled gives one value more, which does not pass.
func TestNoValuePassesAfterATimeout(t *testing.T) {
	careless := flow.FromFunc(func(_ context.Context, emit func(int) error) error {
		time.Sleep(time.Minute)
		return emit(1)
	})
	for name, f := range timeouts {
		if name != "BackpressureTimeout" {
			timedOut(t, name, time.Second, f(careless, time.Second), "X60")
		}
	}
	draws(t, flow.TakeWithin(careless, time.Second), "|60")
}

func TestTimeoutsNeedATime(t *testing.T) {
	for name, f := range timeouts {
		require.PanicsWithValue(t, "flow: "+name+" with a time that is not positive", func() { f(flow.Of(1), 0) })
	}
}

func TestTimeoutsStopTheirTimersWhenTheStartPanics(t *testing.T) {
	broken := flow.NewSource("Broken", func(context.Context, func(int) error, func(error)) { panic("oops") })
	for name, f := range timeouts {
		t.Run(name, func(t *testing.T) {
			require.Panics(t, func() { _, _ = flow.Collect(t.Context(), f(broken, time.Nanosecond)) })
		})
	}
}

func TestTimeoutsAllocateNothingForAValue(t *testing.T) {
	for name, f := range timeouts {
		n := allocations(func(in ints) ints { return f(in, aLongTime) })
		if n > 0 && (name != "BackpressureTimeout" || n > 100) { // whose goroutines wait now and then
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
