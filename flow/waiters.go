package flow

import "context"

// Waiters stand in line for room in a mailbox, the one that came first at the front. Whoever makes room puts
// their values in: room is never free while somebody waits for it, and who is woken has nothing left to do.
type waiters[T any] struct {
	front, back *waiter[T]
}

// A waiter is one call that waits. Its value is its caller's until it is taken.
type waiter[T any] struct {
	v          T
	served     chan error // gets what became of it once it has left the line: nil if v was taken
	prev, next *waiter[T]
}

func (l *waiters[T]) join(w *waiter[T]) {
	w.prev = l.back
	if l.back == nil {
		l.front = w
	} else {
		l.back.next = w
	}
	l.back = w
}

func (l *waiters[T]) leave(w *waiter[T]) {
	if w.prev == nil {
		l.front = w.next
	} else {
		w.prev.next = w.next
	}
	if w.next == nil {
		l.back = w.prev
	} else {
		w.next.prev = w.prev
	}
}

// refuse sends away all who stand in line.
func (l *waiters[T]) refuse() {
	for w := l.front; w != nil; w = w.next {
		w.served <- ErrQueueClosed
	}
	l.front, l.back = nil, nil
}

// putWait is put for a caller that waits while the mailbox is full.
func (m *mailbox[T]) putWait(ctx context.Context, v T) error {
	if isClosed(ctx.Done()) {
		return context.Cause(ctx)
	}
	w, err := m.putOrJoin(v)
	if w == nil {
		return err
	}
	if err = m.stand(ctx, w); err != nil {
		m.keep.release(&w.v)
	}
	return err
}

// putOrJoin returns a place in the line if there is no room. A value is held while it stands there, so that whoever lets it in
// calls no function of the user's.
func (m *mailbox[T]) putOrJoin(v T) (*waiter[T], error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.closed || m.gone:
		return nil, ErrQueueClosed
	case m.n < m.size:
		m.add(v)
		return nil, nil
	}
	w := &waiter[T]{v: v, served: make(chan error, 1)}
	m.keep.hold(&w.v)
	m.line.join(w)
	return w, nil
}

// stand waits in line, and returns nil if the value was let in.
func (m *mailbox[T]) stand(ctx context.Context, w *waiter[T]) error {
	select {
	case err := <-w.served:
		return err
	case <-ctx.Done():
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	select {
	case err := <-w.served: // meanwhile
		return err
	default:
		m.line.leave(w)
		return context.Cause(ctx)
	}
}

// admit puts in the values of those who stand in line, as long as there is room. The lock is held.
func (m *mailbox[T]) admit() {
	for m.n < m.size && m.line.front != nil {
		w := m.line.front
		m.line.leave(w)
		m.place(w.v)
		w.served <- nil
	}
}
