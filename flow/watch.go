package flow

import (
	"context"
	"sync/atomic"
	"time"
)

// A watch calls late, once, when what it watches has lasted for d. It begins and is done again and again, for each
// value, which costs no more than a look at the clock. begin and done do not overlap.
type watch struct {
	d     time.Duration
	late  func()
	clock clock
	since atomic.Int64 // when it began, or one of the two below
	set   atomic.Bool  // the alarm will ring: in time, or before
	alarm alarm
}

const (
	watchOff  = -1 // nothing is watched
	watchLate = -2 // late has been called, or is about to be
)

func newWatch(d time.Duration, late func()) *watch {
	w := &watch{d: d, late: late, clock: startClock()}
	w.since.Store(watchOff)
	w.alarm.ring = w.rang
	return w
}

func (w *watch) begin() {
	w.since.CompareAndSwap(watchOff, int64(w.clock.now()))
	if !w.set.Load() && w.set.CompareAndSwap(false, true) {
		w.alarm.set(w.d)
	}
}

// done reports false if it was late.
func (w *watch) done() bool {
	since := w.since.Load()
	return since == watchOff || since != watchLate && w.since.CompareAndSwap(since, watchOff)
}

func (w *watch) rang() {
	for {
		since := w.since.Load()
		switch {
		case since == watchLate:
			return
		case since == watchOff:
			w.set.Store(false)
			// If it has begun meanwhile, and seen the alarm set, it is ours to set it again.
			if w.since.Load() < 0 || !w.set.CompareAndSwap(false, true) {
				return
			}
		default:
			if rest := w.d - (w.clock.now() - time.Duration(since)); rest > 0 {
				w.alarm.set(rest)
				return
			}
			if w.since.CompareAndSwap(since, watchLate) {
				w.late()
				return
			}
		}
	}
}

// startWatched starts in with a watch that cancels it with late. wrap returns the emit that in is started with; ctx is
// the input's.
func startWatched[T any](
	ctx context.Context, in Source[T], d time.Duration, late error, end func(error),
	wrap func(ctx context.Context, w *watch) func(T) error,
) {
	ctx, cancel := context.WithCancelCause(ctx)
	w := newWatch(d, func() { cancel(late) })
	stop := func() {
		w.alarm.stop()
		cancel(nil)
	}
	returned := false
	defer func() {
		if !returned { // the start of in panics
			stop()
		}
	}()
	next := wrap(ctx, w)
	w.begin()
	in.begin(ctx, next, func(err error) {
		stop()
		end(err)
	})
	returned = true
}
