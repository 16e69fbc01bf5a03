package flow_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func TestCancelledRunDoesNotWaitForASinkThatNeverRunsItsSource(t *testing.T) {
	waits := flow.NewSink("Waits", func(ctx context.Context, _ ints) (int, error) {
		<-ctx.Done()
		return 0, context.Cause(ctx)
	})
	for name, sink := range map[string]func(context.Context) error{
		"LazySink": func(ctx context.Context) error {
			_, err := lazySink(waits).Run(ctx, flow.Repeat(1))
			return err
		},
		"LazyFlow": func(ctx context.Context) error {
			return lazyFlow(func(in ints) ints { return flow.Concat(flow.Never[int](), in) })(flow.Repeat(1)).Run(ctx, nil)
		},
		"CombineSinks": func(ctx context.Context) error {
			_, err := flow.CombineSinks(counting, waits).Run(ctx, flow.Repeat(1))
			return err
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			result := make(chan error)
			go func() { result <- sink(ctx) }()
			synctest.Wait()
			cancel(errTest)
			require.Equal(t, errTest, <-result, name)
		})
	}
}

// What runs the source may say on its own that it has had enough, while the feeder waits for its next value.
func TestFedSourceEndsWhenWhatRunsItIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := flow.Concat(flow.Of(1), flow.Never[int]())
		impatient := flow.NewSink("Impatient", func(ctx context.Context, in ints) (int, error) {
			ctx, cancel := context.WithTimeoutCause(ctx, time.Second, errTest)
			defer cancel()
			n, err := counting.Run(ctx, in)
			if err == errTest {
				err = nil
			}
			return n, err
		})
		n, err := lazySink(impatient).Run(t.Context(), in)
		require.NoError(t, err)
		require.Equal(t, 1, n)
		counts, err := flow.CombineSinks(impatient, enough(1)).Run(t.Context(), in)
		require.NoError(t, err)
		require.Equal(t, []int{1, 1}, counts)
	})
}
