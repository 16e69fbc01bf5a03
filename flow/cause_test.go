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

// notTheCause is what many a function of the world does when it is cancelled: it fails with an error of its own. Or with none.
func notTheCause(ctx context.Context) error {
	<-ctx.Done()
	return fmt.Errorf("get: %w", ctx.Err())
}

func nothingAtAll(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

func TestCancelledRunEndsWithItsCauseWhateverAFunctionSays(t *testing.T) {
	mapped := func(ctx context.Context, v int) (int, error) { return v, notTheCause(ctx) }
	cases := map[string]ints{
		"FromFunc": flow.FromFunc(func(ctx context.Context, _ func(int) error) error { return notTheCause(ctx) }),
		"TryMap":   flow.TryMap(flow.Of(1), mapped),
		"MapAsync": flow.MapAsync(flow.Of(1), 2, mapped),
		"Scan":     flow.Scan(flow.Of(1), 0, func(ctx context.Context, _, v int) (int, error) { return mapped(ctx, v) }),
		"MapWithResource, open": flow.MapWithResource(flow.Of(1), func(ctx context.Context) (int, error) { return mapped(ctx, 0) },
			func(context.Context, int, int) (int, error) { return 0, nil }, func(int) error { return nil }),
		"MapWithResource": flow.MapWithResource(flow.Of(1), func(context.Context) (int, error) { return 0, nil },
			func(ctx context.Context, _, v int) (int, error) { return mapped(ctx, v) }, func(int) error { return nil }),
		"ForEach": flow.FromFunc(func(ctx context.Context, _ func(int) error) error {
			_, err := flow.ForEach(func(ctx context.Context, v int) error { return notTheCause(ctx) }).Run(ctx, flow.Of(1))
			return err
		}),
		"Unfold": flow.Unfold(0, func(ctx context.Context, s int) (int, int, error) { return 0, s, notTheCause(ctx) }),
		"Future": flow.Future(func(ctx context.Context) (int, error) { return mapped(ctx, 0) }),
	}
	for name, in := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(time.Second, func() { cancel(errTest) })
				require.Equal(t, errTest, in.Run(ctx, func(int) error { return nil }))
			})
		})
	}
}

func TestWhatIsTooLateEndsWithTheTimeoutWhateverItSays(t *testing.T) {
	for name, late := range map[string]func(context.Context) error{"an error of its own": notTheCause, "no error": nothingAtAll} {
		in := flow.NewSource("late", func(ctx context.Context, _ func(int) error, end func(error)) {
			flow.Go(ctx, func() { end(late(ctx)) })
		})
		for operator, timeout := range timeouts {
			if operator == "BackpressureTimeout" {
				continue // which waits for who takes a value
			}
			t.Run(operator+", "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					err := timeout(in, time.Second).Run(t.Context(), func(int) error { return nil })
					var is *flow.TimeoutError
					require.ErrorAs(t, err, &is)
					require.Equal(t, operator, is.Operator)
				})
			})
		}
		t.Run("TakeWithin, "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				require.NoError(t, flow.TakeWithin(in, time.Second).Run(t.Context(), func(int) error { return nil }))
			})
		})
	}
}

func TestTimeoutDoesNotHideAPanicNorAStopNorACancellation(t *testing.T) {
	for operator, timeout := range timeouts {
		t.Run(operator, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				in := flow.FromFunc(func(ctx context.Context, _ func(int) error) error {
					<-ctx.Done()
					panic("oops")
				})
				if operator != "BackpressureTimeout" {
					require.Panics(t, func() { _ = timeout(in, time.Second).Run(ctx, func(int) error { return nil }) })
				}

				ctx, cancel = context.WithCancelCause(t.Context())
				time.AfterFunc(time.Second, func() { cancel(errTest) })
				in = flow.FromFunc(func(ctx context.Context, _ func(int) error) error { return notTheCause(ctx) })
				require.Equal(t, errTest, timeout(in, time.Minute).Run(ctx, func(int) error { return nil }))

				stop := errors.New("enough")
				require.Equal(t, stop, timeout(flow.Of(1), time.Second).Run(t.Context(), func(int) error {
					time.Sleep(time.Minute) // which is too long for some
					return stop
				}))
			})
		})
	}
}

// ErrSkip is for who returns it. A panic is a panic, whatever with.
func TestPanicWithErrSkipIsNotSkipped(t *testing.T) {
	skips := func(context.Context, int) (int, error) { panic(flow.ErrSkip) }
	for name, in := range map[string]ints{
		"TryMap":            flow.TryMap(flow.Of(1), skips),
		"MapAsync":          flow.MapAsync(flow.Of(1), 2, skips),
		"MapAsyncUnordered": flow.MapAsyncUnordered(flow.Of(1), 2, skips),
	} {
		t.Run(name, func(t *testing.T) {
			require.Panics(t, func() { _ = in.Run(t.Context(), func(int) error { return nil }) })
		})
	}
}
