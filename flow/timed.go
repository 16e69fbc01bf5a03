package flow

import (
	"context"
	"math"
	"time"
)

// neverDue is a time that does not come.
const neverDue = time.Duration(math.MaxInt64)

// timedOps are the parts of an operator in which two emit: its input, and an alarm. Their calls do not overlap, so that
// they share state without a lock. All but drop may emit.
type timedOps[I any] interface {
	take(v I) error // a value of the input
	ring() error    // the time has come that at was called with
	last() error    // the input has ended; what is still to come before the end is emitted now
	drop()          // the stream has ended: what is kept is released
}

// A timed is one run of such an operator. Whoever emits holds the gate.
type timed[I, O any] struct {
	clock

	ops    timedOps[I]
	ctx    context.Context // the input's
	outer  context.Context
	cancel context.CancelCauseFunc
	done   <-chan struct{}
	emit   func(O) error
	end    func(error)
	alarm  alarm
	gate   *gate

	// The gate's holder has these.
	due   time.Duration // when ring is to be called
	set   bool          // the alarm will ring: when it is due, or before
	ended bool
	fail  error // what emit or the operator has failed with
	value func(I) error
}

// timedOperator makes an operator over in of what build returns. in is started by a task, since until the start has
// returned nobody else may emit.
func timedOperator[I, O any](name string, in Source[I], build func(t *timed[I, O]) timedOps[I]) Source[O] {
	return derive(name, in, func(ctx context.Context, emit func(O) error, end func(error)) {
		Go(ctx, func() {
			t := &timed[I, O]{clock: startClock(), outer: ctx, emit: emit, end: end, gate: newGate(), due: neverDue}
			t.ctx, t.cancel = context.WithCancelCause(ctx)
			t.done = t.ctx.Done()
			t.alarm.ring = t.rang
			t.gate.lock(nil) // build may set the alarm
			t.ops = build(t)
			t.value = t.ops.take
			t.gate.unlock()
			in.Start(t.ctx, t.take, t.inputEnded)
		})
	})
}

// at says when ring is to be called, neverDue or a time that is not before the one of the call before. It is cheap: an
// alarm that is set rings at its own time, and is then set for the rest.
func (t *timed[I, O]) at(due time.Duration) {
	t.due = due
	if !t.set && due != neverDue {
		t.set = true
		t.alarm.set(due - t.now())
	}
}

func (t *timed[I, O]) take(v I) error {
	if !t.gate.lock(t.done) {
		return context.Cause(t.ctx)
	}
	defer t.gate.unlock()
	if isClosed(t.done) {
		return context.Cause(t.ctx)
	}
	return emitOr(t.stop, t.value, v)
}

// stop ends the input, because emit has said stop, or the operator has failed.
func (t *timed[I, O]) stop(err error) {
	t.fail = err
	t.cancel(err)
}

// rang is called by the alarm, which waits here while emit is at work for the input.
func (t *timed[I, O]) rang() {
	if !t.gate.lock(t.done) {
		return
	}
	defer t.gate.unlock()
	t.set = false
	if t.ended || isClosed(t.done) || t.due == neverDue {
		return
	}
	if due := t.due; due > t.now() {
		t.at(due)
		return
	}
	t.due = neverDue
	_ = emitOr(t.stop, func(struct{}) error { return t.ops.ring() }, struct{}{})
}

func (t *timed[I, O]) inputEnded(err error) {
	t.gate.lock(nil) // what the alarm has emitted is taken
	Guard(t.finish, func() error {
		switch {
		case t.fail != nil:
			return orPanic(t.fail, err)
		case !isClosed(t.outer.Done()):
			if stop := t.ops.last(); stop != nil {
				return orPanic(stop, err)
			}
		case err == nil: // what was kept is lost
			return context.Cause(t.outer)
		}
		return err
	})
}

func (t *timed[I, O]) finish(err error) {
	t.ended = true
	t.gate.unlock()
	t.alarm.stop()
	t.cancel(nil)
	cleanUp(err, t.ops.drop, t.end)
}
