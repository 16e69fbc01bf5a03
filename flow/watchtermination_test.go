package flow_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleWatchTermination() {
	numbers := flow.Concat(flow.Of(1, 2), flow.Fail[int](errors.New("it broke")))
	watched := flow.WatchTermination(numbers, func(err error) { fmt.Println("ended with:", err) })
	fmt.Println(flow.Collect(context.Background(), watched))
	// Output:
	// ended with: it broke
	// [1 2] it broke
}

func watched(in ints) ints { return flow.WatchTermination(in, func(error) {}) }

func TestWatchTerminationKeepsTheLaws(t *testing.T) {
	keepsTheLaws(t, watched, []int{1, 2, 3}, []int{1, 2, 3})
	keepsTheLaws(t, watched, nil, nil)
	panicsTravel(t, func(in ints, leave func()) ints { return flow.WatchTermination(in, func(error) { leave() }) })
}

func TestWatchTerminationIsToldOnceWhateverEndsTheRun(t *testing.T) {
	start := func(leave func()) ints {
		return flow.NewSource("panics at the start", func(context.Context, func(int) error, func(error)) { leave() })
	}
	take := func(int) error { return nil }
	for name, test := range map[string]struct {
		in   ints
		emit func(int) error
		want error // nil: complete
	}{
		"complete":             {flow.Of(1), take, nil},
		"failed":               {flow.Fail[int](errTest), take, errTest},
		"stopped":              {flow.Of(1), func(int) error { return errTest }, errTest},
		"cancelled":            {flow.Never[int](), take, errTest},
		"panic":                {flow.Map(flow.Of(1), func(int) int { panic(errTest) }), take, errTest},
		"panic elsewhere":      {flow.Async(flow.Map(flow.Of(1), func(int) int { panic(errTest) })), take, errTest},
		"panic of emit":        {flow.Of(1), func(int) error { panic(errTest) }, errTest},
		"panic of the start":   {start(func() { panic(errTest) }), take, errTest},
		"the start exits":      {start(exit), take, &flow.PanicError{}},
		"panic of emit, async": {flow.Async(flow.Of(1)), func(int) error { panic(errTest) }, errTest},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				if name == "cancelled" {
					go func() {
						synctest.Wait()
						cancel(errTest)
					}()
				}
				var told []error
				ended := make(chan error, 1)
				go flow.WatchTermination(test.in, func(err error) { told = append(told, err) }).Start(ctx, test.emit, func(err error) {
					ended <- err
				})
				err := <-ended
				require.Equal(t, []error{err}, told)
				if exited := (*flow.PanicError)(nil); errors.As(test.want, &exited) {
					require.ErrorAs(t, err, &exited)
				} else {
					require.ErrorIs(t, err, test.want)
				}
			})
		})
	}
}

func TestWatchTerminationCostsNoAllocation(t *testing.T) {
	require.Zero(t, allocations(watched))
}

func BenchmarkWatchTermination(b *testing.B) { benchmark(b, watched) }
