package reconnect

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
)

// errStreamed is what a streamed message fails a run with that may have to send it again.
var errStreamed = errors.New("reconnect: a streamed message cannot be sent again: collect it with Strict")

// An outbox has the messages of a run that wait to be sent, and with acks those that were sent and not acknowledged,
// which come first. One goroutine puts, another takes.
type outbox struct {
	size int
	full flow.OverflowStrategy
	acks bool
	lost func(message.Message, error)

	idle   context.Context // done when the input has ended and nothing is left of it
	finish context.CancelFunc
	ready  chan struct{} // for who takes
	room   chan struct{} // for who puts

	mu      sync.Mutex // never held across user code, but for Hold and Release
	items   []message.Message
	sent    int  // with acks: how many of them were sent on this connection, or are being sent
	sending bool // without acks: the first one is being sent
	closed  bool // the input has ended
	err     error
}

func newOutbox(c *Client) *outbox {
	b := &outbox{
		size: c.Queue, full: c.Overflow, acks: c.Acked != nil, lost: c.Lost,
		ready: make(chan struct{}, 1), room: make(chan struct{}, 1),
	}
	b.idle, b.finish = context.WithCancel(context.Background())
	return b
}

// put takes a message of the input. An error means that the run is to fail, or that ctx is done.
func (b *outbox) put(ctx context.Context, m message.Message) error {
	if b.acks && !m.IsStrict() {
		return errStreamed
	}
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		taken, dropped := b.offer(m)
		for _, d := range dropped {
			b.lost(d, flow.ErrOverflow)
		}
		switch {
		case taken:
			return nil
		case b.full == flow.FailOnOverflow:
			b.lost(m, flow.ErrOverflow)
			return flow.ErrOverflow
		case b.full != flow.Backpressure:
			b.lost(m, flow.ErrOverflow)
			return nil
		}
		select {
		case <-b.room:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// offer takes m if there is room, or some can be made by dropping others.
func (b *outbox) offer(m message.Message) (taken bool, dropped []message.Message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.items) >= b.size {
		dropped = b.drop()
		if len(dropped) == 0 {
			return false, nil
		}
	}
	m.Hold()
	b.items = append(b.items, m)
	wake(b.ready)
	return true, dropped
}

// drop makes room as the policy says, if what waits and is not being sent can be dropped. The lock is held.
func (b *outbox) drop() []message.Message {
	first := b.sent
	if b.sending {
		first++
	}
	end := first
	switch b.full {
	case flow.DropOldest:
		end = min(first+1, len(b.items))
	case flow.DropAll:
		end = len(b.items)
	}
	if end <= first {
		return nil
	}
	dropped := slices.Clone(b.items[first:end])
	b.items = slices.Delete(b.items, first, end)
	for _, m := range dropped {
		m.Release()
	}
	return dropped
}

// close says that the input has ended.
func (b *outbox) close(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed, b.err = true, err
	b.settle()
}

// settle is called with the lock held when there is less left to do.
func (b *outbox) settle() {
	wake(b.room)
	if b.closed && len(b.items) == 0 {
		b.finish()
		wake(b.ready)
	}
}

// next returns the next message to be sent, and waits for it. It is still in the outbox, until one of the three
// methods below was called. If ok is false, nothing is left and nothing comes any more.
func (b *outbox) next(ctx context.Context) (m message.Message, ok bool, err error) {
	for {
		if ctx.Err() != nil {
			return m, false, context.Cause(ctx)
		}
		b.mu.Lock()
		if b.sent < len(b.items) {
			m = b.items[b.sent]
			if b.acks { // it may be acknowledged before Send returns
				b.sent++
			} else {
				b.sending = true
			}
			b.mu.Unlock()
			return m, true, nil
		}
		b.mu.Unlock()
		if b.idle.Err() != nil {
			return m, false, nil
		}
		select {
		case <-b.ready:
		case <-ctx.Done():
		}
	}
}

// handed says that the message was given to the connection.
func (b *outbox) handed() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.acks {
		return
	}
	b.sending = false
	b.remove(1)
}

// keep says that the message was not given to the connection: the next one gets it.
func (b *outbox) keep() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sending = false
}

// lose says that nobody knows whether the message was given to the connection.
func (b *outbox) lose(err error) {
	if b.acks {
		b.keep() // it is sent again in any case
		return
	}
	b.mu.Lock()
	m := b.items[0]
	b.sending = false
	b.remove(1)
	b.mu.Unlock()
	b.lost(m, err)
}

// acked says that the server has n more of the messages that were sent.
func (b *outbox) acked(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n = max(0, min(n, b.sent))
	b.sent -= n
	b.remove(n)
}

// rewind is called when there is a new connection.
func (b *outbox) rewind() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sent, b.sending = 0, false
}

// remove takes the first n messages out, with the lock held.
func (b *outbox) remove(n int) {
	for i := range n {
		b.items[i].Release()
		b.items[i] = message.Message{}
	}
	b.items = b.items[n:]
	b.settle()
}

// leave ends the run: what is left is not sent any more.
func (b *outbox) leave(err error) {
	b.mu.Lock()
	left := b.items
	b.items, b.sent = nil, 0
	b.mu.Unlock()
	for _, m := range left {
		m.Release()
		b.lost(m, err)
	}
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
