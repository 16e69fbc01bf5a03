package hub

import (
	"context"
	"slices"
	"sync/atomic"

	"github.com/wsflow/wsflow/flow"
)

// A consumer is one run of a partition's source. It is guarded by the partition's lock, but for waiting.
type consumer[T any] struct {
	id      uint64
	waiting atomic.Int64 // how many values there are
	values  fifo[T]
	line    line // publishers that wait for room
	left    bool
	ready   chan struct{}
	waits   bool
}

func (c *consumer[T]) put(v T) *T {
	slot := c.values.put(v)
	c.waiting.Add(1)
	c.wake()
	return slot
}

func (c *consumer[T]) take() T {
	c.waiting.Add(-1)
	return c.values.take()
}

func (c *consumer[T]) wake() {
	if c.waits {
		c.waits = false
		c.ready <- struct{}{}
	}
}

// Source returns the stream of the values that go to one consumer; each run of it is a consumer of its own, from its
// start to its end. It ends as the partition does, once the consumer has what waits for it.
//
//	Publish       1--2--3--4--5--Close
//	RoundRobin
//	one consumer  1-----3-----5--|
//	another       ---2-----4-----|
func (p *Partition[T]) Source() flow.Source[T] {
	return flow.NewSource("Partition", func(ctx context.Context, emit func(T) error, end func(error)) {
		flow.Guard(end, func() error {
			c := p.join()
			defer p.leave(c)
			return p.run(ctx, c, emit)
		})
	})
}

func (p *Partition[T]) run(ctx context.Context, c *consumer[T], emit func(T) error) error {
	done := ctx.Done()
	current := new(T)
	for {
		select {
		case <-done:
			return context.Cause(ctx)
		default:
		}
		switch ok, ending := p.take(c, current); {
		case ending != nil:
			return ending.err
		case !ok:
			select {
			case <-c.ready:
			case <-done:
			}
		default:
			if err := handOn(p.keep, current, emit); err != nil {
				return err
			}
		}
	}
}

// take moves the next value to *v. If there is none, ending says that none will come, and else c is to be woken.
func (p *Partition[T]) take(c *consumer[T], v *T) (ok bool, ending *ending) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c.values.n == 0 {
		c.waits = true
		return false, p.ending
	}
	*v = c.take()
	if c.values.n <= p.buffer/2 { // not for each value: a switch of goroutines costs more than all the rest
		c.line.wake()
	}
	return true, nil
}

// leave removes c, and gives its values to others. Nobody publishes meanwhile, so that what was published later does
// not pass them.
func (p *Partition[T]) leave(c *consumer[T]) {
	p.turn <- struct{}{}
	defer func() { <-p.turn }()
	p.remove(c)
	p.bequeath(c)
}

func (p *Partition[T]) bequeath(c *consumer[T]) {
	for {
		v, list, ok := p.inherit(c)
		if !ok {
			return
		}
		p.reroute(c, v, list)
	}
}

// reroute gives v to another consumer. A value that the router panics for is dropped; those after it are not.
func (p *Partition[T]) reroute(c *consumer[T], v T, list []*consumer[T]) {
	var to *consumer[T]
	routed := false
	defer func() {
		p.handOver(to, v)
		if !routed {
			p.bequeath(c)
		}
	}()
	to = p.route(v, list)
	routed = true
}

func (p *Partition[T]) remove(c *consumer[T]) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.Index(p.consumers, c)
	p.consumers = slices.Delete(slices.Clone(p.consumers), i, i+1)
	c.left = true
	c.line.wake()
	for len(p.consumers) == 0 && c.values.n > 0 {
		p.orphans.put(c.take())
	}
	p.checkDrained()
}

// inherit returns a value that c has left behind, and who may get it.
func (p *Partition[T]) inherit(c *consumer[T]) (v T, list []*consumer[T], ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c.values.n == 0 {
		return v, nil, false
	}
	return c.take(), p.consumers, true
}

// handOver puts v, which is held, into the buffer of c.
func (p *Partition[T]) handOver(c *consumer[T], v T) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c == nil { // the router drops it
		p.keep.release(&v)
		return
	}
	c.put(v)
}

// handOn emits *v, and releases it.
func handOn[T any](keep keeper[T], v *T, emit func(T) error) error {
	defer func() {
		var zero T
		keep.release(v)
		*v = zero
	}()
	return emit(*v)
}
