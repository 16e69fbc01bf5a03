package flow

import (
	"context"
	"time"
)

// BackpressureTimeout starts a goroutine: it lets in and what follows work at the same time, as [Async] does, and the
// stream fails with a *[TimeoutError] when one value is not taken within d. It is for consumers that are too slow for
// those who share their input.
//
// in is cancelled at once, and ends at once, also if it has a value that nobody takes: a hub is rid of the slow one from
// then on. The values that wait are dropped. A call of emit that is at work cannot be called off; the stream ends when it
// has returned, with the error of emit if there is one. On a connection the write deadline ends such a call. A d of 0 or
// less panics.
//
//	in                   --1--2--3--4--5--…
//	BackpressureTimeout  8, 3 is not taken until 20 have passed
//	out                  --1--2--3-------------------X
func BackpressureTimeout[T any](in Source[T], d time.Duration) Source[T] {
	mustBePositive("BackpressureTimeout", d)
	return derive("BackpressureTimeout", in, func(ctx context.Context, emit func(T) error, end func(error)) {
		Go(ctx, func() { runBackpressureTimeout(ctx, in, d, emit, end) })
	})
}

func runBackpressureTimeout[T any](ctx context.Context, in Source[T], d time.Duration, emit func(T) error, end func(error)) {
	outer := ctx
	ctx, cancel := context.WithCancelCause(ctx)
	late := &TimeoutError{"BackpressureTimeout", d}
	w := newStopwatch(d, func() { cancel(late) })
	inTime := func(v T) error {
		w.begin()
		err := emit(v)
		if !w.done() && err == nil {
			return context.Cause(ctx)
		}
		return err
	}
	a := &async[T]{ctx: ctx, outer: outer, emit: inTime, ring: newRing[T](asyncBuffer, asyncBuffer/2), keep: newKeeper[T]()}
	cleanup := func() {
		w.alarm.stop()
		a.ring.each(a.keep.release)
	}
	apart(ctx, cancel, in, a.take, a.ring.close, a.pass, cleanup, end)
}
