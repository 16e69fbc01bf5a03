package flow

import (
	"context"
	"sync"
	"sync/atomic"
)

// A branch is the input of a flow in one run of a fanOut. It keeps the emit and end that it is started with, and
// values are fed to it on the goroutine of in.
type branch[T any] struct {
	run  *fanRun
	i    int
	ctx  context.Context
	emit func(T) error
	end  func(error)

	// own is true if the context can be done while that of the operator is not: then the branch has to end while
	// nobody feeds it.
	own   bool
	state atomic.Int32

	mu      sync.Mutex
	unwatch func() bool
}

// The states of a branch. It is busy only if its context is its own.
const (
	branchIdle = iota
	branchBusy
	branchOver
)

func newBranch[T any](r *fanRun, i int) *branch[T] { return &branch[T]{run: r, i: i} }

// addBranch adds a flow that in feeds directly.
func addBranch[T, O any](op *fanOut[O], flow Flow[T, O]) func(*fanRun) *branch[T] {
	return addFlow(op, flow, newBranch[T], (*branch[T]).start)
}

func (b *branch[T]) start(ctx context.Context, emit func(T) error, end func(error)) {
	b.ctx, b.emit, b.end = ctx, emit, end
	b.own = ctx.Done() != b.run.ctx.Done()
	if b.own {
		Go(ctx, b.watch)
	}
	b.run.attach(ctx, b.i)
}

// watch has the branch end when its context is done.
func (b *branch[T]) watch() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state.Load() == branchOver {
		return
	}
	b.unwatch = context.AfterFunc(b.ctx, func() {
		if b.state.CompareAndSwap(branchIdle, branchOver) { // else whoever feeds will see it
			b.finish(context.Cause(b.ctx))
		}
	})
}

// feed hands v on, unless the branch is over.
func (b *branch[T]) feed(v T) error {
	if b.own {
		return b.feedOwn(v)
	}
	if b.state.Load() == branchOver || b.emit == nil {
		return nil
	}
	if err := b.emit(v); err != nil {
		return b.stopped(err)
	}
	return nil
}

func (b *branch[T]) feedOwn(v T) error {
	if !b.state.CompareAndSwap(branchIdle, branchBusy) {
		return nil
	}
	done := b.ctx.Done()
	if isClosed(done) {
		return b.stopped(context.Cause(b.ctx))
	}
	if err := b.emit(v); err != nil {
		return b.stopped(err)
	}
	b.state.Store(branchIdle)
	if isClosed(done) && b.state.CompareAndSwap(branchIdle, branchOver) {
		go b.finish(context.Cause(b.ctx))
	}
	return b.run.stopped()
}

// stopped ends the branch because it takes no more. What its flow does after that may take its time, and in does
// not wait for it. The result is not nil if in is to stop as well.
func (b *branch[T]) stopped(err error) error {
	b.state.Store(branchOver)
	b.run.over(b.i)
	go b.finish(err)
	return b.run.stopped()
}

func (b *branch[T]) close(err error) {
	if b.emit != nil && b.state.Swap(branchOver) != branchOver {
		b.finish(err)
	}
}

func (b *branch[T]) finish(err error) {
	b.mu.Lock()
	unwatch := b.unwatch
	b.mu.Unlock()
	if unwatch != nil {
		unwatch()
	}
	b.run.over(b.i)
	b.end(err)
}
