package hub

import (
	"context"
	"slices"
	"sync"

	"github.com/wsflow/wsflow/flow"
)

// A Partition gives each value that is published to one of its consumers, which come and go while it is at work; a
// [Router] chooses. While there is no consumer, publishers wait, and so do those whose value goes to a consumer with
// a full buffer, they alone.
//
// A consumer that leaves is done with the value that it was given last. Those that still wait for it go to the
// others, as the router says, ahead of what is published later and whether there is room or not; if there are no
// others, they wait for the next one to come. So no value is lost, and with [ByKey] those of a key stay in their
// order.
//
// A partition is made with [NewPartition]. Its methods may be called from any goroutine. It has no goroutine, and one
// that nobody uses any more needs no Close. Values that are a [flow.Holder], such as streamed messages, are held
// until the consumer is done with them.
type Partition[T any] struct {
	router Router[T]
	buffer int
	keep   keeper[T]
	sinks  sinks

	// turn is held by who calls the router, and by a consumer that leaves until its values have gone elsewhere. It is
	// a channel since user code runs meanwhile.
	turn chan struct{}

	mu        sync.Mutex     // never held across a function of the user's, but for Hold and Release
	consumers []*consumer[T] // is not changed, but replaced
	lastID    uint64
	nobody    line    // publishers that wait for a consumer
	orphans   fifo[T] // values of which the last consumer has left
	ending    *ending
	drained   chan struct{} // closed at the end, when there are neither consumers nor orphans
}

const partitionBuffer = 16

// NewPartition makes a partition. Up to buffer values wait for each consumer, apart from the one that it is at work
// on. With a buffer of 0 it is 16; a negative one and a nil router panic.
func NewPartition[T any](router Router[T], buffer int) *Partition[T] {
	if router == nil {
		panic("hub: NewPartition without a router")
	}
	if buffer < 0 {
		panic("hub: NewPartition with a negative buffer")
	}
	if buffer == 0 {
		buffer = partitionBuffer
	}
	return &Partition[T]{
		router: router, buffer: buffer, keep: newKeeper[T](),
		turn: make(chan struct{}, 1), drained: make(chan struct{}),
	}
}

// Publish gives v to a consumer, and waits while there is none, or no room. If ctx is done before, it returns the
// cause. After Close it returns [ErrClosed].
func (p *Partition[T]) Publish(ctx context.Context, v T) error {
	for ctx.Err() == nil {
		c, err := p.choose(ctx, v)
		if c == nil {
			return err
		}
		if given, err := p.give(ctx, c, v); given || err != nil {
			return err
		}
	}
	return context.Cause(ctx)
}

// choose returns the consumer for v. It returns nil if v is to be dropped, or with an error.
func (p *Partition[T]) choose(ctx context.Context, v T) (*consumer[T], error) {
	for {
		if err := p.await(ctx); err != nil {
			return nil, err
		}
		select {
		case p.turn <- struct{}{}:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		if list := p.list(); len(list) > 0 { // else the last one has just left
			defer func() { <-p.turn }()
			return p.route(v, list), nil
		}
		<-p.turn
	}
}

// await waits for a consumer.
func (p *Partition[T]) await(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	err := p.nobody.await(ctx, &p.mu, func() bool { return len(p.consumers) > 0 || p.ending != nil })
	if err == nil && p.ending != nil {
		err = p.ending.refusal()
	}
	return err
}

func (p *Partition[T]) list() []*consumer[T] {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.consumers
}

// route asks the router. It is called with the turn.
func (p *Partition[T]) route(v T, list []*consumer[T]) *consumer[T] {
	if i := p.router(v, Consumers[T]{list: list}); i >= 0 {
		return list[i]
	}
	return nil
}

// give puts v into the buffer of c once there is room. It reports false if c has left.
func (p *Partition[T]) give(ctx context.Context, c *consumer[T], v T) (given bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	err = c.line.await(ctx, &p.mu, func() bool { return c.values.n < p.buffer || c.left || p.ending != nil })
	switch {
	case err != nil:
		return false, err
	case p.ending != nil:
		return false, p.ending.refusal()
	case c.left:
		return false, nil
	}
	p.keep.hold(c.put(v))
	return true, nil
}

// Sink returns a sink that publishes each value of a stream. The end of the stream, also by an error, does not end
// the partition. When the partition ends, it stops the stream: the run is complete, or fails with what Fail was
// called with.
func (p *Partition[T]) Sink() flow.Sink[T, struct{}] {
	return flow.NewSink("Partition", func(ctx context.Context, in flow.Source[T]) (struct{}, error) {
		return struct{}{}, runSink(ctx, &p.sinks, in, p.Publish)
	})
}

// Consumers returns how many consumers there are.
func (p *Partition[T]) Consumers() int { return len(p.list()) }

// Close ends the partition: publishers, also those that wait, are refused, sinks complete, and each consumer
// completes once it has what waits for it. After the first Close, Drain or Fail, others do not change how the
// partition ends.
func (p *Partition[T]) Close() { p.Fail(nil) }

// Fail is Close for a partition whose consumers and sinks fail with err. With a nil err it is Close.
func (p *Partition[T]) Fail(err error) {
	p.mu.Lock()
	if p.ending != nil {
		p.mu.Unlock()
		return
	}
	p.ending = &ending{err: err}
	p.nobody.wake()
	for _, c := range p.consumers {
		c.wake()
		c.line.wake()
	}
	p.checkDrained()
	p.mu.Unlock()
	p.sinks.stop(p.ending)
}

// Drain closes the partition, and returns when all values have been given to consumers and these have ended. If ctx
// is done before, it returns the cause.
func (p *Partition[T]) Drain(ctx context.Context) error {
	p.Close()
	select {
	case <-p.drained:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// checkDrained is called with the lock held, when something has gone.
func (p *Partition[T]) checkDrained() {
	if p.ending == nil || len(p.consumers) > 0 || p.orphans.n > 0 {
		return
	}
	select {
	case <-p.drained:
	default:
		close(p.drained)
	}
}

// join adds a consumer. The first one gets the orphans.
func (p *Partition[T]) join() *consumer[T] {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lastID++
	c := &consumer[T]{id: p.lastID, ready: make(chan struct{}, 1)}
	p.consumers = append(slices.Clip(p.consumers), c)
	for p.orphans.n > 0 {
		c.put(p.orphans.take())
	}
	p.nobody.wake()
	return c
}
