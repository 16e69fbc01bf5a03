package flow_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
)

func ExampleTick() {
	ticks := flow.Map(flow.Tick(time.Millisecond), func(time.Time) string { return "tick" })
	fmt.Println(flow.Collect(context.Background(), flow.Take(ticks, 2)))
	// Output: [tick tick] <nil>
}

func TestTickKeepsTheLaws(t *testing.T) {
	sourceKeepsTheLaws(t, func() ints {
		n := flow.Tick(100 * time.Microsecond)
		return flow.Map(n, func(time.Time) int { return 1 })
	}, []int{1, 1, 1}, flowtest.Endless())
}

func TestTickSkipsWhatASlowConsumerMisses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var at []time.Duration
		err := flow.Take(flow.Tick(time.Second), 4).Run(t.Context(), func(time.Time) error {
			at = append(at, time.Since(start))
			if len(at) == 1 {
				time.Sleep(3500 * time.Millisecond)
			}
			return nil
		})
		require.NoError(t, err)
		// The tick that was missed first comes late, the others of the long pause do not.
		require.Equal(t, []time.Duration{1 * time.Second, 4500 * time.Millisecond, 5 * time.Second, 6 * time.Second}, at)
	})
}

func TestTickNeedsAnInterval(t *testing.T) {
	require.Panics(t, func() { flow.Tick(0) })
}
