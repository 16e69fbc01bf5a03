package flow

import "context"

// asyncBuffer is how many values Async lets wait: enough to make a switch of goroutines cheap, and
// few enough for a slow consumer to be felt. Waking the input for each of them would cost more than all the rest.
const asyncBuffer = 16

// Async starts a goroutine: it lets in and what follows work at the same time. Up to 16 values wait between
// them; then in waits, until half of them have passed. Values that wait when the run is stopped or cancelled
// are dropped.
//
//	in      --1-2-3-4-------|
//	Async   what follows takes 4 for each
//	out     --1---2---3---4-|
func Async[T any](in Source[T]) Source[T] {
	return derive("Async", in, func(ctx context.Context, emit func(T) error, end func(error)) {
		Go(ctx, func() { runAsync(ctx, in, asyncBuffer, asyncBuffer/2, emit, end) })
	})
}

// runAsync runs in on a goroutine of its own and emits its values on the calling one, with up to size of them
// between.
func runAsync[T any](ctx context.Context, in Source[T], size, low int, emit func(T) error, end func(error)) {
	outer := ctx
	ctx, cancel := context.WithCancelCause(ctx)
	a := &async[T]{ctx: ctx, outer: outer, emit: emit, ring: newRing[T](size, low), keep: newKeeper[T]()}
	apart(ctx, cancel, in, a.take, a.ring.close, a.pass, func() { a.ring.each(a.keep.release) }, end)
}

// An async is one run of Async, or of Buffer with Backpressure.
type async[T any] struct {
	ctx     context.Context // the input's
	outer   context.Context
	emit    func(T) error
	ring    *ring[T]
	keep    keeper[T]
	current T // the value that is being emitted
}

// take puts a value of the input into the ring.
func (a *async[T]) take(v T) error {
	done := a.ctx.Done()
	if isClosed(done) {
		return context.Cause(a.ctx)
	}
	slot := a.ring.reserve(done)
	if slot == nil {
		return context.Cause(a.ctx)
	}
	*slot = v
	a.keep.hold(slot)
	a.ring.put()
	return nil
}

// pass emits the values of the ring until the input has ended.
func (a *async[T]) pass() error {
	done := a.outer.Done()
	for {
		slot, ended := a.ring.first(done)
		if ended {
			return a.ring.err
		}
		if slot == nil || isClosed(done) {
			return context.Cause(a.outer)
		}
		if err := a.handOn(slot); err != nil {
			return err
		}
	}
}

func (a *async[T]) handOn(slot *T) error {
	var zero T
	a.current, *slot = *slot, zero
	a.ring.free()
	defer a.keep.release(&a.current)
	return a.emit(a.current)
}
