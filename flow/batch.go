package flow

import "context"

// Batch starts a goroutine: it lets in and what follows work at the same time, and makes one of up to limit values that come
// while what follows is busy. seed makes a batch of its first value, f adds another one. What follows gets a batch as soon as
// it is free, also one of a single value; a value for which there is no room in the batch waits. An error of in comes after
// the last batch. A limit of less than 1 panics.
//
// A seed or f that keeps a value which is a [Holder] holds it. The batch itself is held if it is one.
//
//	in      --1-2-3-4-5-6------|
//	Batch   3, v => [v], append; what follows takes 9 for each
//	out     --[1]------[2 3 4]--[5 6]|
func Batch[I, S any](in Source[I], limit int, seed func(I) S, f func(S, I) S) Source[S] {
	if limit < 1 {
		panic("flow: Batch of less than 1 value")
	}
	return newBatch("Batch", in, limit, costsOne[I], seed, f)
}

// BatchWeighted is [Batch], which starts a goroutine, by weight: the values of a batch together weigh up to limit.
// A value that weighs more is a batch of its own. A limit of less than 1 panics, and a negative weight ends the stream with
// a panic.
//
//	in             --1-2-3-4-5-6------|
//	BatchWeighted  5, v => v, v => [v], append; what follows takes 9 for each
//	out            --[1]------[2 3]----[4]------[5]------[6]|
func BatchWeighted[I, S any](in Source[I], limit int, weight func(I) int, seed func(I) S, f func(S, I) S) Source[S] {
	if limit < 1 {
		panic("flow: BatchWeighted with a limit of less than 1")
	}
	return newBatch("BatchWeighted", in, limit, weight, seed, f)
}

func newBatch[I, S any](name string, in Source[I], limit int, weight func(I) int, seed func(I) S, f func(S, I) S) Source[S] {
	return derive(name, in, func(ctx context.Context, emit func(S) error, end func(error)) {
		Go(ctx, func() {
			outer := ctx
			ctx, cancel := context.WithCancelCause(ctx)
			b := &batch[I, S]{
				ctx: ctx, outer: outer, emit: emit, limit: limit, weight: weight, seed: seed, add: f, keep: newKeeper[S](),
				gate: newGate(), ready: make(chan struct{}, 1), room: make(chan struct{}, 1),
			}
			apart(ctx, cancel, in, b.take, b.close, b.pass, b.cleanup, end)
		})
	})
}

// A batch is one run of Batch and its kin: a box for one batch, which the input adds to and the emitting side empties. Its
// lock is a gate, since seed and f are called while it is held.
type batch[I, S any] struct {
	ctx     context.Context // the input's
	outer   context.Context
	emit    func(S) error
	limit   int
	weight  func(I) int
	seed    func(I) S
	add     func(S, I) S
	keep    keeper[S]
	current S // what is being emitted
	next    S // what the batch becomes
	before  S // what it was

	gate  *gate
	ready chan struct{} // there is a batch, or the end
	room  chan struct{} // the batch has been taken

	// The gate's holder has these.
	batch   S
	has     bool
	left    int  // of limit
	waits   bool // the input, for room
	idle    bool // the emitting side waits for a batch
	closed  bool
	failure error
}

func (b *batch[I, S]) take(v I) error {
	weight := weighed("BatchWeighted", v, b.weight)
	done := b.ctx.Done()
	for {
		if isClosed(done) || !b.gate.lock(done) {
			return context.Cause(b.ctx)
		}
		if b.put(v, weight) {
			return nil
		}
		select {
		case <-b.room:
		case <-done:
			return context.Cause(b.ctx)
		}
	}
}

// put reports false if there is no room. It frees the gate, also if seed or f panics.
func (b *batch[I, S]) put(v I, weight int) bool {
	defer b.gate.unlock()
	switch {
	case !b.has:
		b.become(b.seed(v))
		b.left = b.limit - weight
	case weight > b.left:
		b.waits = true
		return false
	default:
		b.become(b.add(b.batch, v))
		b.left -= weight
	}
	b.wake()
	return true
}

// become holds what the batch is now before it releases what it was, for that may be the same.
func (b *batch[I, S]) become(s S) {
	b.next = s
	b.keep.hold(&b.next)
	had := b.has
	b.before, b.batch, b.has = b.batch, b.next, true
	if had {
		b.keep.release(&b.before)
	}
}

func (b *batch[I, S]) wake() {
	if b.idle {
		b.idle = false
		b.ready <- struct{}{}
	}
}

func (b *batch[I, S]) close(err error) {
	b.gate.lock(nil)
	defer b.gate.unlock()
	b.closed, b.failure = true, err
	b.wake()
}

// pass emits one batch after the other.
func (b *batch[I, S]) pass() error {
	done := b.outer.Done()
	for {
		if isClosed(done) || !b.gate.lock(done) {
			return context.Cause(b.outer)
		}
		has, closed, failure := b.remove()
		switch {
		case has:
			if err := b.handOn(); err != nil {
				return err
			}
			continue
		case closed:
			return failure
		}
		select {
		case <-b.ready:
		case <-done:
			return context.Cause(b.outer)
		}
	}
}

// remove makes the batch, if there is one, the current one.
func (b *batch[I, S]) remove() (has, closed bool, failure error) {
	defer b.gate.unlock()
	if !b.has {
		b.idle = !b.closed
		return false, b.closed, b.failure
	}
	var zero S
	b.current, b.batch, b.has = b.batch, zero, false
	if b.waits {
		b.waits = false
		b.room <- struct{}{}
	}
	return true, false, nil
}

func (b *batch[I, S]) handOn() error {
	defer b.keep.release(&b.current)
	return b.emit(b.current)
}

// cleanup releases what has not been emitted.
func (b *batch[I, S]) cleanup() {
	if b.has {
		b.keep.release(&b.batch)
	}
}
