package flow_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleBackpressureTimeout() {
	rid := make(chan struct{})
	prices := flow.FromFunc(func(_ context.Context, emit func(int) error) error {
		defer close(rid)
		for price := 100; ; price++ {
			if err := emit(price); err != nil {
				return err
			}
		}
	})
	err := flow.BackpressureTimeout(prices, time.Millisecond).Run(context.Background(), func(int) error {
		<-rid // a peer that does not read; the feed need not wait for it
		return nil
	})
	fmt.Println(err)
	// Output: flow: BackpressureTimeout after 1ms
}

func pressed[T any](in flow.Source[T]) flow.Source[T] {
	return flow.BackpressureTimeout(in, 8*time.Second)
}

func TestBackpressureTimeoutHolds(t *testing.T) { holds(t, pressed[*flowHeld]) }

func TestBackpressureTimeoutIsAboutOneValue(t *testing.T) {
	draws(t, pressed(script("1@1 2@2 3@3 4@50 |60")), "1@1 2@8 3@15 4@50 |60", 7, 7, 7, 7)
	timedOut(t, "BackpressureTimeout", 8*time.Second, pressed(script("1@1 2@2 3@3 4@50 |60")), "1@1 2@8 X28", 7, 20)
}

func TestBackpressureTimeoutEndsItsInputAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var ended time.Duration
		hub := flow.FromFunc(func(ctx context.Context, emit func(int) error) error {
			defer func() { ended = time.Since(start) }()
			for v := range 100 { // more than wait between the two
				if err := emit(v); err != nil {
					return err
				}
			}
			return nil
		})
		err := pressed(hub).Run(t.Context(), func(int) error { time.Sleep(time.Minute); return nil })
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		require.Equal(t, 8*time.Second, ended)
		require.Equal(t, time.Minute, time.Since(start))
	})
}

func TestErrorOfALateEmitIsTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := errors.New("write deadline")
		err := pressed(flow.Of(1, 2)).Run(t.Context(), func(int) error { time.Sleep(time.Minute); return stop })
		require.Equal(t, stop, err)
	})
}

func TestCancellationBeforeALateEmitIsTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(5*time.Second, func() { cancel(errTest) })
		err := pressed(flow.Of(1, 2)).Run(ctx, func(int) error { time.Sleep(time.Minute); return nil })
		require.Equal(t, errTest, err)
	})
}

func BenchmarkBackpressureTimeout(b *testing.B) { benchmark(b, pressed[int]) }
