package flow

import (
	"context"
	"sync/atomic"
	"time"
)

// A stopwatch calls late when what it watches has lasted for d. It begins and is done again and again, for each
// value, which costs no more than a look at the clock. begin and done do not overlap.
type stopwatch struct {
	d     time.Duration
	late  func() // may be called twice, also at once
	clock clock
	since atomic.Int64 // when it began, or one of the two below
	set   atomic.Bool  // the alarm will ring: in time, or before
	alarm alarm
}

const (
	stopwatchOff  = -1 // nothing is watched
	stopwatchLate = -2 // late has been called, or is about to be
)

func newStopwatch(d time.Duration, late func()) *stopwatch {
	w := &stopwatch{d: d, late: late, clock: startClock()}
	w.since.Store(stopwatchOff)
	w.alarm.ring = w.rang
	return w
}

func (w *stopwatch) begin() {
	w.since.CompareAndSwap(stopwatchOff, int64(w.clock.now()))
	if !w.set.Load() && w.set.CompareAndSwap(false, true) {
		w.alarm.set(w.d)
	}
}

// done reports false if it was late; then late has been called.
func (w *stopwatch) done() bool {
	since := w.since.Load()
	if since == stopwatchOff || since != stopwatchLate && w.since.CompareAndSwap(since, stopwatchOff) {
		return true
	}
	w.late() // the alarm's call of it may be still to come
	return false
}

func (w *stopwatch) rang() {
	for {
		since := w.since.Load()
		switch {
		case since == stopwatchLate:
			return
		case since == stopwatchOff:
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
			if w.since.CompareAndSwap(since, stopwatchLate) {
				w.late()
				return
			}
		}
	}
}

// startWatched starts in with a stopwatch that cancels it with late, which is of this run alone. wrap returns the emit
// that in is started with; ctx is the input's, and emit that of what follows. What in ends with because it is cancelled
// does not count: many a function gives an error of its own for that, or none.
func startWatched[T any](
	ctx context.Context, in Source[T], d time.Duration, late error, emit func(T) error, end func(error),
	wrap func(ctx context.Context, w *stopwatch, emit func(T) error) func(T) error,
) {
	ctx, cancel := context.WithCancelCause(ctx)
	f := &failing[T]{ctx: ctx, emit: emit}
	w := newStopwatch(d, func() { cancel(late) })
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
	next := wrap(ctx, w, f.pass)
	w.begin()
	in.begin(ctx, next, func(err error) {
		w.alarm.stop()
		if _, panicked := err.(*PanicError); !panicked && f.stop == nil && context.Cause(ctx) == late {
			err = late
		}
		cancel(nil)
		end(err)
	})
	returned = true
}
