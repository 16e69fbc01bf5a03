package flow

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
)

// Offered is what became of a value that was offered to a [Queue].
type Offered uint8

const (
	Taken   Offered = iota + 1 // the value is in the queue
	Dropped                    // the queue is full, and the value was not taken
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

// ErrQueueClosed is what [Queue.Put] returns when the queue takes no more: it was closed, it failed, or nobody reads it
// any more.
var ErrQueueClosed = errors.New("flow: queue is closed")

// A Queue is the way into a stream for values from anywhere: event handlers, timers, other streams. Its
// methods may be called from any goroutine, and none of them but [Queue.Put] blocks. A queue is made with [NewQueue] or
// [NewQueueWith].
//
// A queue holds a value that is a [Holder] from the time it is taken, or waits to be, until what reads the queue is done with it.
type Queue[T any] struct {
	box      *mailbox[T]
	full     overflow
	fails    bool // when it is full
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

// NewQueueWith is [NewQueue] with a strategy, which says what [Queue.Offer] does when the queue is full:
//
//   - with DropOldest or DropAll it makes room, and the value is Taken;
//   - with FailOnOverflow it fails the queue with [ErrOverflow], and answers Closed;
//   - with Backpressure or DropNewest the value is Dropped, as in a queue of NewQueue. Who wants to wait calls [Queue.Put].
//
// An unknown strategy panics.
func NewQueueWith[T any](capacity int, strategy OverflowStrategy) *Queue[T] {
	if capacity < 1 {
		panic("flow: NewQueueWith with a capacity of less than 1")
	}
	if strategy > FailOnOverflow {
		panic("flow: NewQueueWith with unknown " + strategy.String())
	}
	return &Queue[T]{box: newMailbox[T](capacity), full: strategy.overflow(), fails: strategy == FailOnOverflow}
}

// Offer puts v at the end of the queue. If the queue is full, it is Dropped, unless [NewQueueWith] was told otherwise.
// The answer is Closed after [Queue.Close] or [Queue.Fail], and once the run of the source has ended.
func (q *Queue[T]) Offer(v T) Offered {
	offered := q.box.put(v, q.full)
	if offered == Dropped && q.fails {
		q.box.close(ErrOverflow)
		return Closed
	}
	return offered
}

// Put puts v at the end of the queue, and waits while the queue is full, whatever its strategy. Those who wait get room
// in the order in which they came. Put returns nil when v is in the queue, [context.Cause] of ctx if that is done
// before, and [ErrQueueClosed] where Offer answers Closed, also if that begins while Put waits. With an error v was not
// taken, and is the caller's.
//
//	Put     1--2--3…    a capacity of 1, and 1 is taken slowly
//	out     1--------2--3
func (q *Queue[T]) Put(ctx context.Context, v T) error {
	return q.box.putWait(ctx, v)
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
