package flow

import (
	"context"
	"fmt"
	"sync/atomic"
)

// Offered is what became of a value that was offered to a [Queue].
type Offered uint8

const (
	Taken   Offered = iota + 1 // the value is in the queue
	Dropped                    // the queue is full; the value was not taken
	Closed                     // the queue takes no more: it was closed, it failed, or nobody reads it any more
)

// String gives the name of the constant.
func (o Offered) String() string {
	switch o {
	case Taken:
		return "Taken"
	case Dropped:
		return "Dropped"
	case Closed:
		return "Closed"
	default:
		return fmt.Sprintf("Offered(%d)", uint8(o))
	}
}

// A Queue is the way into a stream for values from anywhere: event handlers, timers, other streams. Its
// methods may be called from any goroutine, and none of them blocks. A queue is made with [NewQueue].
//
// A queue holds a value that is a [Holder] from the time it is taken until what reads the queue is done with it.
type Queue[T any] struct {
	box      *mailbox[T]
	consumed atomic.Bool
}

// NewQueue makes a queue in which up to capacity values wait. It needs memory for as many as do wait. A capacity
// of less than 1 panics.
func NewQueue[T any](capacity int) *Queue[T] {
	if capacity < 1 {
		panic("flow: NewQueue with a capacity of less than 1")
	}
	return &Queue[T]{box: newMailbox[T](capacity)}
}

// Offer puts v at the end of the queue. It is Dropped if the queue is full, and answers Closed after [Queue.Close] or
// [Queue.Fail], and once the run of the source has ended.
func (q *Queue[T]) Offer(v T) Offered {
	return q.box.put(v, refuse)
}

// Close ends the stream once the values in the queue have passed. After the first Close or Fail, others have no
// effect.
func (q *Queue[T]) Close() {
	q.box.close(nil)
}

// Fail fails the stream with err once the values in the queue have passed. With a nil err it is Close.
func (q *Queue[T]) Fail(err error) {
	q.box.close(err)
}

// Len returns how many values wait. The one that is being emitted does not.
func (q *Queue[T]) Len() int {
	return q.box.len()
}

// Source returns the stream of what is offered, also before it is run. It is one-shot: a second run, also of
// another source of the same queue, ends with [ErrConsumed].
//
//	Offer   1--2---------3-----Close
//	out     1--2---------3-----|
func (q *Queue[T]) Source() Source[T] {
	return loopSource("Queue", func(ctx context.Context, emit func(T) error) error {
		if q.consumed.Swap(true) {
			return ErrConsumed
		}
		defer q.box.leave()
		return q.box.emit(ctx, emit)
	})
}

// emit emits what is in the mailbox and what arrives, until it is closed.
func (m *mailbox[T]) emit(ctx context.Context, emit func(T) error) error {
	done := ctx.Done()
	current := new(T)
	for {
		if isClosed(done) {
			return context.Cause(ctx)
		}
		ok, stopped, err := m.take(done, current)
		switch {
		case stopped:
			return context.Cause(ctx)
		case !ok:
			return err
		}
		if err := m.handOn(current, emit); err != nil {
			return err
		}
	}
}

func (m *mailbox[T]) handOn(current *T, emit func(T) error) error {
	defer m.keep.release(current)
	return emit(*current)
}
