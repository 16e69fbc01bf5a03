package flow

import (
	"context"
	"time"
)

// Delay starts a goroutine: it passes on each value d after it has come, in the order of in, and then the end; an error
// too comes after the values. Up to n values wait behind the one that passes next. What becomes of a value that comes
// when there are as many is said by the strategy, as in [Buffer]; with Backpressure, in waits with it until one has
// passed, so that a small n makes the stream slow. Values that wait when the run is stopped or cancelled are dropped. A d
// of 0 or less panics, and so do the n and the strategies that Buffer panics at.
//
//	in      --1--2-----3--|
//	Delay   4, 16, Backpressure
//	out     ------1--2-----3|
func Delay[T any](in Source[T], d time.Duration, n int, strategy OverflowStrategy) Source[T] {
	mustBePositive("Delay", d)
	if n < 1 {
		panic("flow: Delay of less than 1 value")
	}
	if strategy > FailOnOverflow {
		panic("flow: Delay with unknown " + strategy.String())
	}
	return derive("Delay", in, func(ctx context.Context, emit func(T) error, end func(error)) {
		c := startClock()
		keep := newKeeper[T]()
		waiting := Buffer(Map(in, func(v T) delayed[T] { return delayed[T]{v, c.now() + d, keep} }), n, strategy)
		var rest nap
		waiting.begin(ctx, func(v delayed[T]) error {
			if err := rest.wait(ctx, v.due-c.now()); err != nil {
				return err
			}
			return emit(v.v)
		}, end)
	})
}

// A delayed value is one that waits for its time. It is held as the value itself is.
type delayed[T any] struct {
	v    T
	due  time.Duration
	keep keeper[T]
}

// Hold implements [Holder].
func (d delayed[T]) Hold() {
	if d.keep != keepNone {
		v := d.v // moved to the heap, so only where it must be
		d.keep.hold(&v)
	}
}

// Release implements [Holder].
func (d delayed[T]) Release() {
	if d.keep != keepNone {
		v := d.v
		d.keep.release(&v)
	}
}
