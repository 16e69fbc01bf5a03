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

func ExampleSource_All() {
	for v, err := range flow.Of("a", "b", "c").All(context.Background()) {
		if err != nil {
			fmt.Println(err)
			return
		}
		if v == "c" {
			break
		}
		fmt.Println(v)
	}
	// Output:
	// a
	// b
}

func ExampleSource_Run() {
	err := flow.Of("a", "b").Run(context.Background(), func(s string) error {
		fmt.Println(s)
		return nil
	})
	fmt.Println(err)
	// Output:
	// a
	// b
	// <nil>
}

// asAll runs its input in a for loop.
func asAll(in ints) ints {
	return flow.FromFunc(func(ctx context.Context, emit func(int) error) error {
		for v, err := range in.All(ctx) {
			if err != nil {
				return err
			}
			if err := emit(v); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestAllKeepsTheLaws(t *testing.T) {
	keepsTheLaws(t, asAll, []int{1, 2, 3}, []int{1, 2, 3})
	keepsTheLaws(t, func(in ints) ints { return asAll(flow.Async(in)) }, []int{1, 2, 3}, []int{1, 2, 3})
}

func TestLoopThatWasLeftIsNotEnteredAgain(t *testing.T) {
	// A source that fails with an error of its own when it is told to stop.
	stubborn := flow.FromFunc(func(_ context.Context, emit func(int) error) error {
		if emit(1) != nil {
			return errTest
		}
		return nil
	})
	for _, source := range []ints{stubborn, flow.Async(stubborn)} {
		n := 0
		for range source.All(t.Context()) {
			n++
			break
		}
		require.Equal(t, 1, n)
	}
}

func TestRunPanicsWithAPanicError(t *testing.T) {
	cause := errors.New("cause")
	for name, in := range map[string]ints{"on this goroutine": flow.Of(1), "on another": flow.Async(flow.Of(1))} {
		func() {
			defer func() {
				p, ok := recover().(*flow.PanicError)
				require.True(t, ok, name)
				require.ErrorIs(t, p, cause)
				require.ErrorContains(t, p, "flow: panic: cause")
				require.Contains(t, string(p.Stack), "TestRunPanicsWithAPanicError")
			}()
			_ = flow.Async(flow.Map(in, func(int) int { panic(cause) })).Run(t.Context(), func(int) error { return nil })
		}()
	}
	require.ErrorContains(t, &flow.PanicError{}, "goroutine exited")
}

func TestGoOutsideOfAStartIsAMistake(t *testing.T) {
	require.Panics(t, func() { flow.Go(t.Context(), func() {}) })
	late := flow.NewSource("late", func(ctx context.Context, _ func(int) error, end func(error)) {
		flow.Go(ctx, func() {
			flow.Guard(end, func() error {
				flow.Go(ctx, func() {})
				return nil
			})
		})
	})
	require.Panics(t, func() { _, _ = flow.Collect(t.Context(), late) })
}

func TestPanicOfAStartEndsTheStreamAndForgetsItsTasks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := flow.NewSource("broken", func(context.Context, func(int) error, func(error)) { panic("oops") })
		for _, source := range []ints{
			broken,
			flow.Map(broken, addOne),
			flow.Async(broken),
			flow.Merge(broken, flow.Never[int]()),
			flow.Concat(flow.Async(flow.Of(1)), broken),
			flow.Concat(flow.Of(1), broken),
		} {
			var p *flow.PanicError
			ended := make(chan error, 1)
			source.Start(t.Context(), func(int) error { return nil }, func(err error) { ended <- err })
			require.ErrorAs(t, <-ended, &p)
			require.Equal(t, "oops", p.Value)
		}
	})
}

func TestPanicOfARunThatIsCancelledBeforeItsStartIsNotLost(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errTest)
	source := flow.NewSource("panics", func(context.Context, func(int) error, func(error)) { panic("oops") })
	var ended error
	source.Start(ctx, nil, func(err error) { ended = err })
	require.ErrorContains(t, ended, "oops")
	require.ErrorAs(t, ended, new(*flow.PanicError))
}

func TestGoroutineThatExitsInARunWaitsForTheRestOfIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := flow.NewSource("slow", func(ctx context.Context, _ func(int) error, end func(error)) {
			flow.Go(ctx, func() {
				<-ctx.Done()
				time.Sleep(time.Second)
				end(context.Cause(ctx))
			})
		})
		leaves := flow.Map(flow.Of(1), func(v int) int {
			exit()
			return v
		})
		start := time.Now()
		ended := make(chan time.Duration)
		go flow.FromFunc(flow.Merge(leaves, slow).Run).Start(t.Context(), nil, func(err error) {
			ended <- time.Since(start)
		})
		require.Equal(t, time.Second, <-ended)
	})
}
