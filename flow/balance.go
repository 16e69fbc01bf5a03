package flow

import (
	"context"
	"sync/atomic"
)

// Balance starts a goroutine for each flow: every value of in goes to one flow, to whichever is free for it, and what
// comes out of them is merged as it comes. Up to 32 values wait for a flow to be free; none waits behind a slow
// flow while another one is free, or one that starts its input late. The flows and the endings are as in [Broadcast].
//
//	in       --1-2-3--------|
//	Balance  two flows, 1 is slow
//	out      ----2-3-----1--|
func Balance[I, O any](in Source[I], flows ...Flow[I, O]) Source[O] {
	op := &fanOut[O]{in: in.describe()}
	var find func(*fanRun) *worker[I]
	for _, f := range flows {
		find = addFlow(op, f, newWorker[I], (*worker[I]).start)
	}
	return op.source("Balance", func(r *fanRun) {
		b := find(r).balance
		in.Start(r.inCtx, b.take, func(err error) {
			b.ring.close(err)
			r.inputEnded(err)
		})
	})
}

// A balance is one run of Balance. The flows take from its ring one at a time: whoever has the gate.
type balance[T any] struct {
	ctx  context.Context // in's
	ring *ring[T]
	gate *gate
	keep keeper[T]
}

// A worker is the branch of one of the flows.
type worker[T any] struct {
	*balance[T]
	scope   *scope
	over    func()
	started atomic.Bool
	current T
}

func newWorker[T any](r *fanRun, i int) *worker[T] {
	w := &worker[T]{scope: newScope(r.ctx), over: func() { r.over(i) }}
	if i > 0 {
		w.balance = r.branches[0].(*worker[T]).balance
		return w
	}
	w.balance = &balance[T]{ctx: r.inCtx, ring: newRing[T](pullBuffer, pullBuffer/2), gate: newGate(), keep: newKeeper[T]()}
	r.cleanup = func() { w.ring.each(w.keep.release) }
	return w
}

func (b *balance[T]) take(v T) error {
	done := b.ctx.Done()
	if isClosed(done) {
		return context.Cause(b.ctx)
	}
	slot := b.ring.reserve(done)
	if slot == nil {
		return context.Cause(b.ctx)
	}
	*slot = v
	b.keep.hold(slot)
	b.ring.put()
	return nil
}

func (w *worker[T]) start(ctx context.Context, emit func(T) error, end func(error)) {
	if w.started.Swap(true) {
		end(ErrConsumed)
		return
	}
	Go(ctx, func() {
		Guard(func(err error) {
			w.over()
			end(err)
		}, func() error { return w.work(ctx, emit) })
	})
}

func (w *worker[T]) inner() *scope { return w.scope }
func (w *worker[T]) launch()       { w.scope.spawn() }

// What a worker is to know it finds out from the ring.
func (w *worker[T]) await() bool { return true }
func (w *worker[T]) close(error) {}
func (w *worker[T]) leave()      {}

func (w *worker[T]) work(ctx context.Context, emit func(T) error) error {
	done := ctx.Done()
	for {
		got, err := w.next(done)
		switch {
		case err != nil:
			return err
		case got:
			err = w.handOn(emit)
		case isClosed(done):
			err = context.Cause(ctx)
		default:
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// next makes the next value current. It reports false when done is closed, or when there is none any more, with
// what in has failed with.
func (w *worker[T]) next(done <-chan struct{}) (got bool, err error) {
	if !w.gate.lock(done) {
		return false, nil
	}
	defer w.gate.unlock()
	slot, ended := w.ring.first(done)
	if ended {
		return false, w.ring.err
	}
	if slot == nil || isClosed(done) {
		return false, nil
	}
	var zero T
	w.current, *slot = *slot, zero
	w.ring.free()
	return true, nil
}

func (w *worker[T]) handOn(emit func(T) error) error {
	defer w.keep.release(&w.current)
	return emit(w.current)
}
