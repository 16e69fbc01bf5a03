package flow

import (
	"context"
	"errors"
	"fmt"
)

// An OverflowStrategy says what [Buffer] does with a value that arrives while the buffer is full, and what a [Queue] of
// [NewQueueWith] does.
type OverflowStrategy uint8

const (
	Backpressure   OverflowStrategy = iota // the value waits for room; nothing is lost
	DropOldest                             // the value that has waited longest is dropped, the arriving one is taken
	DropNewest                             // the arriving value is dropped, the buffer stays as it is
	DropAll                                // all values in the buffer are dropped, the arriving one is taken
	FailOnOverflow                         // the stream fails with ErrOverflow, once the values in the buffer have passed
)

// String gives the name of the constant.
func (s OverflowStrategy) String() string {
	switch s {
	case Backpressure:
		return "Backpressure"
	case DropOldest:
		return "DropOldest"
	case DropNewest:
		return "DropNewest"
	case DropAll:
		return "DropAll"
	case FailOnOverflow:
		return "FailOnOverflow"
	default:
		return fmt.Sprintf("OverflowStrategy(%d)", uint8(s))
	}
}

// overflow is what the strategy does in a mailbox.
func (s OverflowStrategy) overflow() overflow {
	switch s {
	case DropOldest:
		return dropOldest
	case DropAll:
		return dropAll
	default:
		return refuse
	}
}

// ErrOverflow is what [Buffer] and a [Queue] fail with when they are full and their strategy is FailOnOverflow.
var ErrOverflow = errors.New("flow: buffer overflow")

// Buffer starts a goroutine: it lets in and what follows work at the same time, with up to n values between them. The
// value that is being emitted is none of the n. The strategy says what happens when the buffer is full; with all but
// Backpressure, in never waits. An error of in comes after the values in the buffer. Values that
// wait when the run is stopped or cancelled are dropped. It needs memory for as many values as do wait, or for up to 4096.
// An n of less than 1 panics, and so does an unknown strategy.
//
//	in      --1-2-3-4-5-----|
//	Buffer  2, DropOldest; what follows takes 8 for 1
//	out     --1-------4-5---|
func Buffer[T any](in Source[T], n int, strategy OverflowStrategy) Source[T] {
	if n < 1 {
		panic("flow: Buffer of less than 1 value")
	}
	if strategy > FailOnOverflow {
		panic("flow: Buffer with unknown " + strategy.String())
	}
	return derive("Buffer", in, func(ctx context.Context, emit func(T) error, end func(error)) {
		Go(ctx, func() {
			if strategy == Backpressure && n <= ringMost {
				runAsync(ctx, in, n, n-1, emit, end)
				return
			}
			runBuffer(ctx, in, n, strategy, emit, end)
		})
	})
}

// ringMost is how many values a buffer has room for from the beginning, at most: a larger n may be meant as a bound that is
// hardly ever reached.
const ringMost = 1 << 12

// runBuffer is runAsync for the strategies that do not let in wait, and for a buffer that grows as it fills.
func runBuffer[T any](ctx context.Context, in Source[T], n int, strategy OverflowStrategy, emit func(T) error, end func(error)) {
	outer := ctx
	ctx, cancel := context.WithCancelCause(ctx)
	box := newMailbox[T](n)
	take := func(v T) error {
		if isClosed(ctx.Done()) {
			return context.Cause(ctx)
		}
		if strategy == Backpressure {
			return box.putWait(ctx, v)
		}
		if box.put(v, strategy.overflow()) == Dropped && strategy == FailOnOverflow {
			return ErrOverflow
		}
		return nil
	}
	pass := func() error { return box.emit(outer, emit) }
	apart(ctx, cancel, in, take, box.close, pass, box.leave, end)
}
