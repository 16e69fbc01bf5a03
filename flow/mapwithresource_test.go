package flow_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleMapWithResource() {
	open := func(context.Context) (map[string]int, error) {
		fmt.Println("open")
		return map[string]int{"one": 1, "two": 2}, nil
	}
	look := func(_ context.Context, numbers map[string]int, name string) (int, error) { return numbers[name], nil }
	closing := func(map[string]int) error {
		fmt.Println("close")
		return nil
	}
	numbers := flow.MapWithResource(flow.Of("two", "one"), open, look, closing)
	fmt.Println(flow.Collect(context.Background(), numbers))
	// Output:
	// open
	// close
	// [2 1] <nil>
}

// A tap counts how often it was opened and closed.
type tap struct{ opened, closed atomic.Int64 }

func (w *tap) open(context.Context) (*tap, error) {
	w.opened.Add(1)
	return w, nil
}

func (w *tap) tenfold(ctx context.Context, r *tap, v int) (int, error) {
	if r.opened.Load() <= r.closed.Load() {
		return 0, errors.New("used while closed")
	}
	return tenfold(ctx, v)
}

func (w *tap) shut(*tap) error {
	w.closed.Add(1)
	return nil
}

func (w *tap) flow(in ints) ints { return flow.MapWithResource(in, w.open, w.tenfold, w.shut) }

func TestMapWithResourceKeepsTheLawsAndClosesOnEveryWayOut(t *testing.T) {
	var w tap
	keepsTheLaws(t, w.flow, []int{1, 2, 3}, []int{10, 20, 30})
	keepsTheLaws(t, w.flow, nil, nil)
	require.Equal(t, w.opened.Load(), w.closed.Load())
	require.Positive(t, w.opened.Load())
}

func TestMapWithResourceClosesWhenItsFunctionPanics(t *testing.T) {
	var w tap
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.MapWithResource(in, w.open, func(context.Context, *tap, int) (int, error) {
			leave()
			return 0, nil
		}, w.shut)
	})
	require.Equal(t, w.opened.Load(), w.closed.Load())
	require.Positive(t, w.opened.Load())
}

func TestMapWithResourceHandsOnThePanicsOfOpenAndClose(t *testing.T) {
	var w tap
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.MapWithResource(in, func(context.Context) (*tap, error) {
			leave()
			return nil, nil
		}, w.tenfold, w.shut)
	})
	require.Zero(t, w.closed.Load())
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.MapWithResource(in, w.open, w.tenfold, func(*tap) error {
			leave()
			return nil
		})
	})
}

func TestMapWithResourceClosesBeforeTheEndOfTheStream(t *testing.T) {
	var w tap
	for _, in := range []ints{flow.Of(1), flow.Fail[int](errTest), flow.Async(flow.Of(1))} {
		ended := make(chan int64)
		go w.flow(in).Start(t.Context(), func(int) error { return nil }, func(error) { ended <- w.closed.Load() })
		require.Equal(t, <-ended, w.opened.Load())
	}
}

func TestMapWithResourceClosesWhenAStartPanics(t *testing.T) {
	var w tap
	broken := flow.NewSource("broken", func(context.Context, func(int) error, func(error)) { panic("oops") })
	require.Panics(t, func() { _, _ = flow.Collect(t.Context(), w.flow(broken)) })
	require.EqualValues(t, 1, w.closed.Load())
}

func TestMapWithResourceClosesWhenWhatItsInputEmitsFirstPanics(t *testing.T) {
	var w tap
	first := flow.Scan(flow.Of(1), 0, sum)
	panicking := flow.Map(w.flow(first), func(int) int { panic("oops") })
	require.Panics(t, func() { _, _ = flow.Collect(t.Context(), panicking) })
	require.EqualValues(t, 1, w.closed.Load())
}

func TestMapWithResourceThatIsNotOpenedIsNotClosed(t *testing.T) {
	var w tap
	started := false
	in := flow.FromSeq(func(func(int) bool) { started = true })
	source := flow.MapWithResource(in, func(context.Context) (*tap, error) { return nil, errTest }, w.tenfold, w.shut)
	_, err := flow.Collect(t.Context(), source)
	require.Equal(t, errTest, err)
	require.Zero(t, w.closed.Load())
	require.False(t, started)
}

func TestMapWithResourceOfACancelledRunIsNotOpened(t *testing.T) {
	var w tap
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errTest)
	_, err := flow.Collect(ctx, w.flow(flow.Of(1)))
	require.Equal(t, errTest, err)
	require.Zero(t, w.opened.Load())
}

func TestMapWithResourceEndsWithTheFirstError(t *testing.T) {
	errClose := errors.New("not closed")
	ends := func(in ints, emit func(int) error) error {
		var w tap
		source := flow.MapWithResource(in, w.open, func(ctx context.Context, r *tap, v int) (int, error) {
			if v == 9 {
				return 0, errTest
			}
			return w.tenfold(ctx, r, v)
		}, func(*tap) error { return errClose })
		return source.Run(t.Context(), emit)
	}
	fine := func(int) error { return nil }
	require.Equal(t, errClose, ends(flow.Of(1), fine))
	require.Equal(t, errTest, ends(flow.Of(9), fine))
	require.Equal(t, errTest, ends(flow.Fail[int](errTest), fine))
	require.Equal(t, errTest, ends(flow.Of(1), func(int) error { return errTest }))
}

func TestMapWithResourceDoesNotAllocate(t *testing.T) {
	var w tap
	require.Zero(t, allocations(w.flow))
}

func BenchmarkMapWithResource(b *testing.B) {
	var w tap
	benchmark(b, w.flow)
}
