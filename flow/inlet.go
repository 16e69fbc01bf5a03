package flow

import (
	"context"
	"errors"
	"sync/atomic"
)

// An inlet is a one-shot source that is fed by the run of another: the feeder, whose calls of put and finish do not
// overlap, calls what the source was started with, on its own goroutine. What runs the source may cancel it meanwhile.
type inlet[T any] struct {
	left  func()        // called once, when the source has ended for whatever reason, before its end is
	ready chan struct{} // closed once the source is started, or will not be

	consumed atomic.Bool
	emit     func(T) error
	end      func(error)

	gate    *gate // held while emit is at work
	opened  bool
	ended   bool
	unwatch func() bool
}

// errLeft is what put returns once the source has ended.
var errLeft = errors.New("flow: no value wanted any more")

func newInlet[T any](left func()) *inlet[T] {
	return &inlet[T]{left: left, ready: make(chan struct{}), gate: newGate()}
}

func (i *inlet[T]) source() Source[T] {
	return NewSource("Inlet", func(ctx context.Context, emit func(T) error, end func(error)) {
		if i.consumed.Swap(true) {
			end(ErrConsumed)
			return
		}
		i.emit, i.end = emit, end
		Go(ctx, func() { i.open(ctx) }) // the feeder is another goroutine, and has to wait until the start is over
	})
}

func (i *inlet[T]) open(ctx context.Context) {
	i.gate.lock(nil)
	defer i.gate.unlock()
	i.unwatch = context.AfterFunc(ctx, func() { i.finish(context.Cause(ctx)) })
	i.settle()
}

// settle says that there is nothing to wait for any more. The gate is held.
func (i *inlet[T]) settle() {
	if !i.opened {
		i.opened = true
		close(i.ready)
	}
}

// put emits v. It returns the error of emit, with which the source has ended then, or errLeft.
func (i *inlet[T]) put(v T) (err error) {
	i.gate.lock(nil)
	if i.ended {
		i.gate.unlock()
		return errLeft
	}
	returned := false
	defer func() {
		if !returned {
			err = newPanicError(recover())
		}
		i.ended = err != nil
		i.gate.unlock()
		if err != nil {
			i.over(err)
		}
	}()
	err = i.emit(v)
	returned = true
	return err
}

// finish ends the source, if it has not ended. It is safe from any goroutine.
func (i *inlet[T]) finish(err error) {
	i.gate.lock(nil)
	before := i.ended
	i.ended = true
	i.settle()
	i.gate.unlock()
	if !before {
		i.over(err)
	}
}

func (i *inlet[T]) over(err error) {
	if i.unwatch != nil {
		i.unwatch()
	}
	i.left()
	if i.end != nil { // nil if the source was never started
		i.end(err)
	}
}
