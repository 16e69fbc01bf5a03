package hub

import (
	"context"
	"math"
	"sync"
	"sync/atomic"

	"github.com/wsflow/wsflow/flow"
)

// A Topic hands each value that is published to all its subscribers, which come and go while it is at work. It keeps
// the newest values in a log, where each subscriber has a place of its own: how fast it reads is no matter of the
// others, except with the policy Backpressure.
//
// A topic is made with [NewTopic]. Its methods may be called from any goroutine. It has no goroutine, and one that
// nobody uses any more needs no Close.
type Topic[T any] struct {
	settings Settings[T]
	strict   strictness[T]
	epoch    uint64
	log      *log[T]
	sleepers sleepers
	ending   atomic.Pointer[ending]
	sinks    sinks

	mu          sync.Mutex // never held across a function of the user's
	publishers  line       // those that wait
	joined      int        // how many subscribers have been there, up to StartAfter
	subscribers int
	drained     chan struct{} // if somebody waits for the last subscriber

	paced   map[*paced]struct{} // the subscribers with Backpressure
	limit   uint64              // an offset up to which none of them has to be asked
	holding int                 // how many of them hold up the publishers

	inboxes map[*inbox[T]]struct{} // the subscribers with DropNewest
	keys    *keys[T]               // if there is a Settings.Key
}

// NewTopic makes a topic. It panics if a number in the settings is negative.
func NewTopic[T any](settings Settings[T]) *Topic[T] {
	settings = settings.withDefaults()
	t := &Topic[T]{
		settings: settings,
		strict:   newStrictness[T](),
		epoch:    newEpoch(),
		log:      newLog[T](settings.Log, settings.Age > 0),
		limit:    math.MaxUint64,
	}
	if settings.Key != nil {
		t.keys = newKeys[T](settings.Keys)
	}
	return t
}

// Position returns the position of the newest value. Who subscribes after it gets what is published from now on.
func (t *Topic[T]) Position() Position { return t.position(t.log.head.Load()) }

func (t *Topic[T]) position(offset uint64) Position {
	return Position{Epoch: t.epoch, Offset: offset}
}

// Subscribers returns how many subscribers there are.
func (t *Topic[T]) Subscribers() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.subscribers
}

// Subscribe returns the stream of what is published, as the options say; each run of it is a subscriber of its own,
// from its start to its end. The values have one order for all subscribers. The stream ends as the topic does, once
// the subscriber has what was published before; that of a topic that has ended gives what the options ask for of what
// is kept, and ends.
//
// Options that cannot work with the topic's settings panic.
//
//	Publish    1--2--3-----4--Close
//	subscribe     x
//	out           ---3-----4--|
func (t *Topic[T]) Subscribe(options Options) flow.Source[Item[T]] {
	options = t.settings.check(options)
	return flow.NewSource("Topic", func(ctx context.Context, emit func(Item[T]) error, end func(error)) {
		flow.Guard(end, func() error { return t.subscribe(ctx, options, emit) })
	})
}

// Sink returns a sink that publishes each value of a stream; its result is the position of the last one. The end of
// the stream, also by an error, does not end the topic. When the topic ends, it stops the stream: the run is
// complete, or fails with what Fail was called with.
func (t *Topic[T]) Sink() flow.Sink[T, Position] {
	return flow.NewSink("Topic", func(ctx context.Context, in flow.Source[T]) (Position, error) {
		var last Position
		err := runSink(ctx, &t.sinks, in, func(ctx context.Context, v T) error {
			position, err := t.Publish(ctx, v)
			if err == nil {
				last = position
			}
			return err
		})
		return last, err
	})
}

// Close ends the topic: nothing can be published any more, publishers that wait are refused, sinks complete, and
// subscribers complete once they have what was published before. After the first Close, Drain or Fail, others do not
// change how the topic ends.
func (t *Topic[T]) Close() { t.Fail(nil) }

// Fail is Close for a topic whose subscribers and sinks fail with err. With a nil err it is Close.
func (t *Topic[T]) Fail(err error) {
	t.mu.Lock()
	first := t.ending.CompareAndSwap(nil, &ending{err: err})
	t.publishers.wake()
	t.mu.Unlock()
	if first {
		t.sleepers.wakeAll()
		t.sinks.stop(t.ending.Load())
	}
}

// Drain closes the topic, and returns when the last subscriber has ended. If ctx is done before, it returns the
// cause.
func (t *Topic[T]) Drain(ctx context.Context) error {
	t.Close()
	t.mu.Lock()
	if t.subscribers == 0 {
		t.mu.Unlock()
		return nil
	}
	if t.drained == nil {
		t.drained = make(chan struct{})
	}
	drained := t.drained
	t.mu.Unlock()
	select {
	case <-drained:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
