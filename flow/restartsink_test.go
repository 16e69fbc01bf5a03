package flow_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleRestartSink() {
	// Something that writes, and loses its connection at 2.
	write := flow.ForEach(func(_ context.Context, v int) error {
		if v == 2 {
			return errors.New("connection lost")
		}
		fmt.Println("wrote", v)
		return nil
	})
	settings := flow.RestartSettings{MinBackoff: time.Millisecond}
	writer := flow.RestartSink(settings, func(context.Context) (flow.Sink[int, struct{}], error) { return write, nil })
	_, err := writer.Run(context.Background(), flow.Of(1, 2, 3))
	fmt.Println(err)
	// Output:
	// wrote 1
	// wrote 3
	// <nil>
}

func TestRestartSinkGivesTheResultOfTheLastSink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sum := flow.NewSink("sum of two", func(ctx context.Context, in ints) (int, error) {
			total, err := flow.Fold(0, func(sum, v int) int { return sum + v }).Run(ctx, flow.Take(in, 2))
			return total, errors.Join(err, errTest)
		})
		start, tries := time.Now(), 0
		total, err := flow.RestartSink(restartSoon, func(context.Context) (flow.Sink[int, int], error) {
			if tries++; tries == 1 {
				return flow.Sink[int, int]{}, errTest
			}
			return sum, nil
		}).Run(t.Context(), flow.Of(1, 2, 3, 4))
		require.ErrorIs(t, err, errTest) // the input has ended, so that the last failure counts
		require.Equal(t, 7, total)
		require.Equal(t, 3*time.Second, time.Since(start))
	})
}

func TestRestartSinkIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errTest)
		defer cancel()
		ignore := func(context.Context) (flow.Sink[int, struct{}], error) { return flow.Ignore[int](), nil }
		_, err := flow.RestartSink(restartSoon, ignore).Run(ctx, flow.Never[int]())
		require.Equal(t, errTest, err)
	})
}
