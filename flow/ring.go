package flow

import "sync/atomic"

// A ring hands values from one goroutine to another, in order. It is bounded, and has no lock: one side
// puts, the other takes, and whoever has to wait blocks on a channel. Either side may move from
// goroutine to goroutine, if its calls never overlap.
type ring[T any] struct {
	slots []T
	low   uint64 // a side that waits for room is woken once no more than low values are left
	err   error  // set before closed
	room  chan struct{}
	ready chan struct{}

	// Each side's fields stand on a cache line of their own.
	_         [64]byte
	tail      atomic.Uint64 // number of values put
	in        int           // tail modulo the number of slots
	seenHead  uint64
	closed    atomic.Bool
	_         [64]byte
	head      atomic.Uint64 // number of values taken
	out       int
	seenTail  uint64
	_         [64]byte
	putWaits  atomic.Bool
	takeWaits atomic.Bool
}

func newRing[T any](size, low int) *ring[T] {
	return &ring[T]{
		slots: make([]T, size),
		low:   uint64(low),
		room:  make(chan struct{}, 1),
		ready: make(chan struct{}, 1),
	}
}

// reserve returns the slot for the next value, and waits for one to be free. It returns nil once done is closed.
func (r *ring[T]) reserve(done <-chan struct{}) *T {
	tail, size := r.tail.Load(), uint64(len(r.slots))
	for tail-r.seenHead == size {
		r.seenHead = r.head.Load()
		if tail-r.seenHead < size {
			break
		}
		r.putWaits.Store(true)
		r.seenHead = r.head.Load()
		if tail-r.seenHead < size {
			r.putWaits.Store(false)
			break
		}
		select {
		case <-r.room:
		case <-done:
			r.putWaits.Store(false)
			return nil
		}
	}
	return &r.slots[r.in]
}

// put makes the reserved slot visible to the other side.
func (r *ring[T]) put() {
	if r.in++; r.in == len(r.slots) {
		r.in = 0
	}
	r.tail.Add(1)
	r.wake(&r.takeWaits, r.ready)
}

// close says that no value comes after those that were put: with err, or nil.
func (r *ring[T]) close(err error) {
	r.err = err
	r.closed.Store(true)
	r.wake(&r.takeWaits, r.ready)
}

// first returns the slot of the oldest value, and waits for one. It returns nil once done is closed,
// and also, with ended true, when the other side has closed the ring and all was taken.
func (r *ring[T]) first(done <-chan struct{}) (slot *T, ended bool) {
	head := r.head.Load()
	for head == r.seenTail {
		closed := r.closed.Load() // before tail
		r.seenTail = r.tail.Load()
		if head != r.seenTail {
			break
		}
		if closed {
			return nil, true
		}
		r.takeWaits.Store(true)
		if r.tail.Load() != head || r.closed.Load() {
			r.takeWaits.Store(false)
			continue
		}
		select {
		case <-r.ready:
		case <-done:
			r.takeWaits.Store(false)
			return nil, false
		}
	}
	return &r.slots[r.out], false
}

// free gives the slot of the oldest value back.
func (r *ring[T]) free() {
	if r.out++; r.out == len(r.slots) {
		r.out = 0
	}
	head := r.head.Add(1)
	if r.putWaits.Load() && r.tail.Load()-head <= r.low {
		r.wake(&r.putWaits, r.room)
	}
}

// each calls f with the slot of every value that was put and not taken, once nobody uses the ring any more.
func (r *ring[T]) each(f func(*T)) {
	for head := r.head.Load(); head < r.tail.Load(); head++ {
		f(&r.slots[head%uint64(len(r.slots))])
	}
}

func (r *ring[T]) wake(waits *atomic.Bool, c chan struct{}) {
	if waits.Load() && waits.CompareAndSwap(true, false) {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}
