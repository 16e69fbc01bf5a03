package flow

import (
	"context"
	"errors"
	"sync"
)

// CombineSinks returns a sink that starts a goroutine for each of sinks, on which it begins; then every value goes to all
// of them, one after the other, on the goroutine that it comes from: the slowest sets the pace. The stream starts when each
// sink runs its source. The result has that of each sink in its place.
//
// A sink that has had enough gets no more, and the others go on; when all have had enough the stream is stopped. The
// first error of a sink ends it for all: the others are cancelled, and the run ends with that error when they have ended.
// If the stream fails, it fails for each sink. Each sink may run its source once; a second run of it fails with
// [ErrConsumed]. Without a sink the stream is stopped at once.
//
//	in    --1--2--3--|
//	Head  --1|
//	Fold  --1--2--3--|
func CombineSinks[T, R any](sinks ...Sink[T, R]) Sink[T, []R] {
	return newSink("CombineSinks", func(ctx context.Context, in Source[T], done func([]R, error)) {
		if len(sinks) == 0 {
			Cancelled[T]().begin(ctx, in, func(_ struct{}, err error) { done(nil, err) })
			return
		}
		c := &combined[T, R]{
			done: done, results: make([]R, len(sinks)), reading: len(sinks), running: 1 + len(sinks),
			stop: errors.New("flow: all sinks have had enough"), // of this run alone, as in Take
		}
		c.ctx, c.cancelInput = context.WithCancelCause(ctx)
		sinkCtx, cancel := context.WithCancelCause(ctx)
		c.cancelSinks = cancel
		for range sinks {
			c.inlets = append(c.inlets, newInlet[T](c.left))
		}
		for i, inlet := range c.inlets {
			go sinks[i].begin(sinkCtx, inlet.source(), func(r R, err error) {
				inlet.finish(errLeft) // if the sink has not run it
				c.sinkEnded(i, r, err)
			})
		}
		for _, inlet := range c.inlets {
			<-inlet.ready
		}
		in.Start(c.ctx, c.take, c.inputEnded)
	})
}

// A combined is one run of CombineSinks.
type combined[T, R any] struct {
	ctx         context.Context // the input's
	cancelInput context.CancelCauseFunc
	cancelSinks context.CancelCauseFunc
	stop        error
	inlets      []*inlet[T]
	done        func([]R, error)

	mu      sync.Mutex
	reading int // inlets that have not ended
	running int // the input and the sinks
	results []R
	err     error

	inputErr error
}

func (c *combined[T, R]) take(v T) error {
	for _, inlet := range c.inlets {
		if isClosed(c.ctx.Done()) {
			return context.Cause(c.ctx)
		}
		_ = inlet.put(v) // the sink says whether it has had enough or has failed
	}
	if isClosed(c.ctx.Done()) {
		return context.Cause(c.ctx)
	}
	return nil
}

// left is called when an inlet has ended.
func (c *combined[T, R]) left() {
	c.mu.Lock()
	c.reading--
	last := c.reading == 0
	c.mu.Unlock()
	if last {
		c.cancelInput(c.stop)
	}
}

func (c *combined[T, R]) sinkEnded(i int, r R, err error) {
	c.mu.Lock()
	c.results[i] = r
	c.decide(err)
	// The input's error is on its way to all of them, after its values, which it does not overtake.
	own := err != nil && (c.inputErr == nil || !errors.Is(err, c.inputErr))
	c.mu.Unlock()
	if own {
		c.cancelInput(err)
		c.cancelSinks(err)
	}
	c.ended()
}

func (c *combined[T, R]) inputEnded(err error) {
	defer c.ended() // deferred, for the end of what a sink runs may leave the goroutine
	c.mu.Lock()
	c.inputErr = err
	if _, panicked := err.(*PanicError); panicked { // also one that no sink was there to see
		c.decide(err)
	}
	c.mu.Unlock()
	// An end may go on with other work, so that none waits for that of another.
	for _, inlet := range c.inlets[1:] {
		go inlet.finish(err)
	}
	c.inlets[0].finish(err)
}

// decide is called with the lock held. The first error counts.
func (c *combined[T, R]) decide(err error) {
	if c.err == nil {
		c.err = err
	}
}

func (c *combined[T, R]) ended() {
	c.mu.Lock()
	c.running--
	last := c.running == 0
	c.mu.Unlock()
	if last {
		c.cancelInput(nil)
		c.cancelSinks(nil)
		c.done(c.results, c.err)
	}
}
