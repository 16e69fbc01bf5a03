package flow

import (
	"context"
	"sync"
)

// ForEachAsync returns a sink that starts a goroutine for each value: it calls f with every value and the context of the
// run, with up to parallelism calls at work at the same time; more have to wait. They end in any order. The first error
// of f cancels the other calls through their context, and stops the stream, and the run ends with it. If the stream fails,
// the calls that are at work go on to their ends, and the run ends with its error, unless one of theirs came before. The run ends when
// all calls have returned. A parallelism of less than 1 panics.
//
//	in            --1--2--3--|
//	ForEachAsync  2, 1 is slow
//	f             --1========
//	              -----2==3===|
func ForEachAsync[T any](parallelism int, f func(context.Context, T) error) Sink[T, struct{}] {
	if parallelism < 1 {
		panic("flow: ForEachAsync with a parallelism of less than 1")
	}
	return newSink("ForEachAsync", func(ctx context.Context, in Source[T], done func(struct{}, error)) {
		e := &eachAsync[T]{
			outer: ctx, f: f, done: done, keep: newKeeper[T](), room: make(chan struct{}, 1),
			unmade: parallelism, running: 1,
		}
		e.ctx, e.cancel = context.WithCancelCause(ctx)
		in.Start(e.ctx, e.take, e.ended)
	})
}

// An eachAsync is one run of ForEachAsync.
type eachAsync[T any] struct {
	outer  context.Context
	ctx    context.Context // that of the input and of f
	cancel context.CancelCauseFunc
	f      func(context.Context, T) error
	done   func(struct{}, error)
	keep   keeper[T]
	room   chan struct{} // wakes the input

	mu      sync.Mutex
	idle    []*eachCall[T]
	unmade  int  // calls that there may be more of
	waiting bool // the input waits for a call that is idle
	running int  // the input and the calls at work
	err     error
}

// An eachCall is one call of f. It is used again and again, one after the other.
type eachCall[T any] struct {
	v   T
	run func() // e.run for this call; a method value would be an allocation each time
}

func (e *eachAsync[T]) take(v T) error {
	if isClosed(e.ctx.Done()) {
		return context.Cause(e.ctx)
	}
	c := e.reserve()
	if c == nil {
		return context.Cause(e.ctx)
	}
	c.v = v
	e.keep.hold(&c.v)
	go c.run()
	return nil
}

// reserve returns a call that is not at work, and waits for one. It returns nil once the run is cancelled.
func (e *eachAsync[T]) reserve() *eachCall[T] {
	for {
		if c := e.poll(); c != nil {
			return c
		}
		select {
		case <-e.room:
		case <-e.ctx.Done():
			return nil
		}
	}
}

// poll is reserve without waiting.
func (e *eachAsync[T]) poll() *eachCall[T] {
	e.mu.Lock()
	defer e.mu.Unlock()
	last := len(e.idle) - 1
	switch {
	case last >= 0:
		c := e.idle[last]
		e.idle = e.idle[:last]
		e.running++
		return c
	case e.unmade > 0:
		e.unmade--
		e.running++
		c := &eachCall[T]{}
		c.run = func() { e.run(c) }
		return c
	default:
		e.waiting = true
		return nil
	}
}

func (e *eachAsync[T]) run(c *eachCall[T]) {
	Guard(func(err error) {
		e.keep.release(&c.v)
		if err != nil {
			e.fail(err)
		}
		e.putBack(c)
		e.ended(nil)
	}, func() error { return e.f(e.ctx, c.v) })
}

func (e *eachAsync[T]) putBack(c *eachCall[T]) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.idle = append(e.idle, c)
	if e.waiting {
		e.waiting = false
		select {
		case e.room <- struct{}{}:
		default:
		}
	}
}

// fail ends the run with an error of f, if it is the first. What f returns because the run was cancelled is none.
func (e *eachAsync[T]) fail(err error) {
	if _, panicked := err.(*PanicError); !panicked && isClosed(e.outer.Done()) {
		err = context.Cause(e.outer)
	}
	e.mu.Lock()
	if e.err == nil {
		e.err = err
	}
	e.mu.Unlock()
	e.cancel(err)
}

// ended is the end of the input, and, without an error, of each call.
func (e *eachAsync[T]) ended(err error) {
	e.mu.Lock()
	if e.err == nil {
		e.err = err
	}
	e.running--
	last := e.running == 0
	e.mu.Unlock()
	if last {
		e.cancel(nil)
		e.done(struct{}{}, e.err)
	}
}
