package flow

import (
	"context"
	"sync"
	"time"
)

// BidiIdleTimeout is flow with a timer over both its directions: it fails with a *[TimeoutError] when
// neither what goes into flow nor what comes out of it has had a value for d. A connection on which one side only listens is
// not idle while the other one speaks. The time in which a value is being taken, on either side, does not count. What goes
// into flow is seen where flow runs its input with its own context, or one derived from it. A d of 0 or less panics.
//
//	in               --1--2----------------------…
//	flow             values of its own
//	BidiIdleTimeout  flow, 8
//	out              -----a----b-------X
func BidiIdleTimeout[I, O any](flow Flow[I, O], d time.Duration) Flow[I, O] {
	mustBePositive("BidiIdleTimeout", d)
	return func(in Source[I]) Source[O] {
		key := new(traffic) // tells the run of this flow from those of others around it
		counted := operator("", in, func(ctx context.Context, emit func(I) error, end func(error)) (func(I) error, func(error)) {
			// Not there if flow runs its input with a context of its own: then its values are not seen.
			t, _ := ctx.Value(key).(*traffic)
			return countTraffic(ctx, t, emit), end
		})
		counted.node = in.describe()
		inner := flow(counted)
		return derive("BidiIdleTimeout", inner, func(ctx context.Context, emit func(O) error, end func(error)) {
			late := &TimeoutError{"BidiIdleTimeout", d}
			t := new(traffic)
			startWatched(context.WithValue(ctx, key, t), inner, d, late, emit, end, func(
				ctx context.Context, w *stopwatch, emit func(O) error,
			) func(O) error {
				t.watch = w
				return countTraffic(ctx, t, emit)
			})
		})
	}
}

// traffic is what passes in both directions of one run. The stopwatch is on while there is none.
type traffic struct {
	watch *stopwatch

	mu  sync.Mutex
	now int // values that are being taken
}

func countTraffic[T any](ctx context.Context, t *traffic, emit func(T) error) func(T) error {
	if t == nil {
		return emit
	}
	return func(v T) error {
		if !t.begin() {
			return context.Cause(ctx)
		}
		defer t.end()
		return emit(v)
	}
}

// begin reports false if it comes too late.
func (t *traffic) begin() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.now == 0 && !t.watch.done() {
		return false
	}
	t.now++
	return true
}

func (t *traffic) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.now--; t.now == 0 {
		t.watch.begin()
	}
}
