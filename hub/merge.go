package hub

import (
	"context"
	"sync"

	"github.com/wsflow/wsflow/flow"
)

// A Merge makes one stream of those of any number of producers, which come and go while it is at work. Each of them
// has a buffer of its own, and the one consumer takes a value from each in turn that has some, so that a busy
// producer does not keep the others waiting. The end of a producer's stream, also by an error, is no end of the
// merge.
//
// A merge is made with [NewMerge]. Its methods may be called from any goroutine. It has no goroutine, and one that
// nobody uses any more needs no Close. Values that are a [flow.Holder], such as streamed messages, are held until the
// consumer is done with them.
//
//	a       --1-----2--X
//	b       ----7--------8-----|
//	Source  --1-7---2----8-----…
type Merge[T any] struct {
	buffer int
	keep   keeper[T]
	sinks  sinks
	direct producer[T]   // all calls of Publish
	gone   chan struct{} // closed when the consumer's run has ended

	mu        sync.Mutex // never held across a function of the user's, but for Hold and Release
	producers int        // sinks at work
	turns     fifo[*producer[T]]
	ready     chan struct{} // for the consumer, if it waits
	waits     bool
	state     mergeState
	ending    *ending // if there can be no new producers
	consumed  bool
}

type mergeState uint8

const (
	mergeOpen     mergeState = iota
	mergeDraining            // there are no new producers
	mergeClosed              // there are no new values
	mergeGone                // there is no consumer any more
)

// A producer is what one producer has to give. It is guarded by the merge's lock.
type producer[T any] struct {
	values fifo[T]
	line   line // those who wait for room
	queued bool // it stands in turns
}

const mergeBuffer = 16

// NewMerge makes a merge in which up to buffer values of each producer wait. With a buffer of 0 it is 16; a negative
// one panics.
func NewMerge[T any](buffer int) *Merge[T] {
	if buffer < 0 {
		panic("hub: NewMerge with a negative buffer")
	}
	if buffer == 0 {
		buffer = mergeBuffer
	}
	return &Merge[T]{
		buffer: buffer, keep: newKeeper[T](),
		gone: make(chan struct{}), ready: make(chan struct{}, 1),
	}
}

// Sink returns a sink that gives the merge the values of a stream; each run of it is a producer of its own. It is
// complete when its stream is, and fails with it. When the merge is closed or its consumer ends, it stops its stream:
// the run is complete, or fails with what Fail was called with. So does one that begins after Drain, at once.
func (m *Merge[T]) Sink() flow.Sink[T, struct{}] {
	return flow.NewSink("Merge", func(ctx context.Context, in flow.Source[T]) (struct{}, error) {
		if e := m.join(); e != nil {
			return struct{}{}, e.err
		}
		defer m.leave()
		p := new(producer[T])
		return struct{}{}, runSink(ctx, &m.sinks, in, func(ctx context.Context, v T) error {
			return m.give(ctx, p, v, mergeClosed)
		})
	})
}

// Publish gives the merge one value. All calls together have one buffer, and wait in their order while it is full. If
// ctx is done before, Publish returns the cause. After Close, Drain or Fail, and when the consumer has ended, it
// returns [ErrClosed].
func (m *Merge[T]) Publish(ctx context.Context, v T) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return m.give(ctx, &m.direct, v, mergeDraining)
}

// Producers returns how many sinks are at work.
func (m *Merge[T]) Producers() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.producers
}

func (m *Merge[T]) join() *ending {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ending == nil {
		m.producers++
	}
	return m.ending
}

func (m *Merge[T]) leave() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.producers--
	m.wake() // it may have been the last to wait for
}

// give puts v into the buffer of p, unless the merge has come to a state in which that is refused.
func (m *Merge[T]) give(ctx context.Context, p *producer[T], v T, refused mergeState) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	err := p.line.await(ctx, &m.mu, func() bool { return p.values.n < m.buffer || m.state >= refused })
	if err != nil {
		return err
	}
	if m.state >= refused {
		return m.ending.refusal()
	}
	m.keep.hold(p.values.put(v))
	if !p.queued {
		p.queued = true
		m.turns.put(p)
	}
	m.wake()
	return nil
}

// wake wakes the consumer. It is called with the lock held.
func (m *Merge[T]) wake() {
	if m.waits {
		m.waits = false
		m.ready <- struct{}{}
	}
}
