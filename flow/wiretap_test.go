package flow_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleWireTap() {
	watch := flow.ForEach(func(_ context.Context, s string) error {
		fmt.Println("seen:", s)
		return nil
	})
	_, err := flow.Collect(context.Background(), flow.WireTap(flow.Of("a", "b"), watch))
	fmt.Println(err)
	// Output:
	// seen: a
	// seen: b
	// <nil>
}

func TestWireTapHoldsWhatTheSinkGets(t *testing.T) {
	for name, leaves := range map[string]bool{"takes all": false, "ends early": true} {
		t.Run(name, func(t *testing.T) {
			holds(t, func(in flow.Source[*flowHeld]) flow.Source[*flowHeld] {
				return flow.WireTap(in, flow.ForEach(func(context.Context, *flowHeld) error {
					if leaves {
						return errTest
					}
					return nil
				}))
			})
		})
	}
}

func TestSlowWireTapLosesValuesAndHoldsNothingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var seen []int
		slow := flow.ForEach(func(_ context.Context, v int) error {
			time.Sleep(time.Second)
			seen = append(seen, v)
			return nil
		})
		n := 0
		err := flow.WireTap(flow.FromSeq(upTo(100)), slow).Run(t.Context(), func(int) error {
			if n++; n == 1 {
				synctest.Wait() // the sink is at work on the first
			}
			require.Zero(t, time.Since(start))
			return nil
		})
		require.NoError(t, err)
		require.Equal(t, 100, n)
		require.Equal(t, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, seen)
	})
}

func TestWireTapThatFailsDoesNoHarm(t *testing.T) {
	failing := flow.ForEach(func(context.Context, int) error { return errTest })
	values, err := flow.Collect(t.Context(), flow.WireTap(flow.Of(1, 2, 3), failing))
	require.NoError(t, err)
	require.Equal(t, []int{1, 2, 3}, values)
}

func TestWireTapCannotReadTwice(t *testing.T) {
	var second error
	twice := flow.NewSink("", func(ctx context.Context, in ints) (struct{}, error) {
		_, _ = flow.Collect(ctx, in)
		_, second = flow.Collect(ctx, in)
		return struct{}{}, nil
	})
	_, err := flow.Collect(t.Context(), flow.WireTap(flow.Of(1), twice))
	require.NoError(t, err)
	require.Equal(t, flow.ErrConsumed, second)
}

func BenchmarkWireTap(b *testing.B) { benchmark(b, tapped(flow.Ignore[int]())) }
