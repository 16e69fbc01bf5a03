package flow

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestStopwatchIsLateExactlyWhenItsTimeHasPassed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		late := time.Duration(0)
		var w *stopwatch
		w = newStopwatch(10*time.Second, func() { late = w.clock.now() })
		w.begin()
		for range 5 {
			time.Sleep(9 * time.Second)
			require.True(t, w.done())
			time.Sleep(30 * time.Second) // is off, and the alarm rings in vain
			w.begin()
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Equal(t, (5*39+10)*time.Second, late)
		require.False(t, w.done())
		w.alarm.stop()
	})
}

// A value that comes between the alarm's decision and its call of late is not lost without an error.
func TestWhoeverComesTooLateSeesTheCause(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	w := newStopwatch(time.Hour, func() { cancel(ErrOverflow) })
	w.begin()
	w.since.Store(stopwatchLate)
	require.False(t, w.done())
	require.Equal(t, ErrOverflow, context.Cause(ctx))
	w.alarm.stop()
}
