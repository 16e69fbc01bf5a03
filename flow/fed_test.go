package flow_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

// sinking makes a flow of a sink, so that it can be checked like one: the sink that make returns for emit gets the
// values, and the stream ends as its run does.
func sinking[T, R any](make func(emit func(T) error) flow.Sink[T, R]) flow.Flow[T, T] {
	return func(in flow.Source[T]) flow.Source[T] {
		return flow.NewSource("Sinking", func(ctx context.Context, emit func(T) error, end func(error)) {
			flow.Go(ctx, func() {
				pair := flow.FromSinkAndSourceUncoupled(make(emit), flow.Empty[T]())
				pair(in).Start(ctx, func(T) error { return nil }, end)
			})
		})
	}
}

// emitting is the sink that gives its values to emit.
func emitting[T any](emit func(T) error) flow.Sink[T, struct{}] {
	return flow.ForEach(func(_ context.Context, v T) error { return emit(v) })
}

// looping is a sink whose run is a loop that does not return before the end.
func looping[T any](emit func(T) error) flow.Sink[T, struct{}] {
	return flow.NewSink("Loop", func(ctx context.Context, in flow.Source[T]) (struct{}, error) {
		return struct{}{}, in.Run(ctx, emit)
	})
}

// enough takes n values and then wants no more.
func enough(n int) flow.Sink[int, int] {
	return flow.To(func(in ints) ints { return flow.Take(in, n) }, counting)
}

var counting = flow.Fold(0, func(n, _ int) int { return n + 1 })

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
