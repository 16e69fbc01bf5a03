package flow

import "sync"

// An overflow says what happens to a value that arrives while a buffer is full.
type overflow uint8

const (
	refuse     overflow = iota // the arriving value is dropped
	dropOldest                 // the value that has waited longest makes room
	dropAll                    // all values that wait are dropped
)

// mailboxKept is how many slots a mailbox starts with, and keeps while nothing is in it.
const mailboxKept = 16

// A mailbox is a bounded buffer that does not block whoever puts, from any number of goroutines, unless they ask for it
// with putWait. One goroutine takes. It grows as it fills, and lets go of most of its memory when there is nothing to
// take.
type mailbox[T any] struct {
	size  int
	keep  keeper[T]
	ready chan struct{}

	mu      sync.Mutex // never held across user code, but for Hold and Release
	slots   []T
	first   int
	n       int
	waiting bool
	closed  bool // no value comes any more
	gone    bool // nobody takes any more
	err     error
	line    waiters[T] // empty unless the mailbox is full
}

func newMailbox[T any](size int) *mailbox[T] {
	return &mailbox[T]{size: size, keep: newKeeper[T](), ready: make(chan struct{}, 1)}
}

func (m *mailbox[T]) put(v T, full overflow) Offered {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed || m.gone {
		return Closed
	}
	if m.n == m.size {
		switch full {
		case refuse:
			return Dropped
		case dropOldest:
			m.drop(1)
		case dropAll:
			m.drop(m.n)
		}
	}
	m.add(v)
	m.admit()
	return Taken
}

// close says that no value comes any more; the first call decides about err.
func (m *mailbox[T]) close(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return
	}
	m.closed, m.err = true, err
	m.line.refuse()
	m.wake()
}

// take moves the value that has waited longest to *v, and waits for one. If it reports false there is none
// any more: with the error that the mailbox was closed with, or, with stopped true, because done is closed.
func (m *mailbox[T]) take(done <-chan struct{}, v *T) (ok, stopped bool, err error) {
	for {
		m.mu.Lock()
		if m.n > 0 {
			slot := &m.slots[m.first]
			var zero T
			*v, *slot = *slot, zero
			m.advance()
			m.admit()
			m.mu.Unlock()
			return true, false, nil
		}
		if m.closed {
			m.mu.Unlock()
			return false, false, m.err
		}
		m.waiting = true
		if len(m.slots) > mailboxKept {
			m.slots, m.first = nil, 0
		}
		m.mu.Unlock()
		select {
		case <-m.ready:
		case <-done:
			return false, true, nil
		}
	}
}

// leave says that nobody takes any more, and drops what waits.
func (m *mailbox[T]) leave() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.gone = true
	m.line.refuse()
	m.drop(m.n)
	m.slots = nil
}

func (m *mailbox[T]) len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.n
}

// The methods below are called with the lock held.

// add holds v and puts it where there is room.
func (m *mailbox[T]) add(v T) {
	m.keep.hold(m.slot(v))
	m.n++
	m.wake()
}

// place is add for a value that is held.
func (m *mailbox[T]) place(v T) {
	m.slot(v)
	m.n++
	m.wake()
}

// slot stores v behind the values that wait.
func (m *mailbox[T]) slot(v T) *T {
	if m.n == len(m.slots) {
		m.grow()
	}
	slot := &m.slots[(m.first+m.n)%len(m.slots)]
	*slot = v
	return slot
}

func (m *mailbox[T]) wake() {
	if !m.waiting {
		return
	}
	m.waiting = false
	select {
	case m.ready <- struct{}{}:
	default:
	}
}

func (m *mailbox[T]) drop(n int) {
	for range n {
		slot := &m.slots[m.first]
		m.advance() // first, in case that Release panics
		m.keep.release(slot)
	}
}

func (m *mailbox[T]) advance() {
	if m.first++; m.first == len(m.slots) {
		m.first = 0
	}
	m.n--
}

func (m *mailbox[T]) grow() {
	slots := make([]T, min(m.size, max(2*len(m.slots), min(m.size, mailboxKept))))
	n := copy(slots, m.slots[m.first:])
	copy(slots[n:], m.slots[:m.first])
	m.slots, m.first = slots, 0
}
