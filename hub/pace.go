package hub

import (
	"math"
	"sync/atomic"
)

// A paced is what publishers see of a subscriber with Backpressure. They look at it only when they have published as
// much as the slowest had room for when they looked last. If then one still has no room, each that has less than half
// of its buffer free holds them up, and the last of these to have made room wakes them: that is a switch of
// goroutines for many values, not for each.
type paced struct {
	taken atomic.Uint64 // the offset of the last value that the subscriber has taken
	bound atomic.Uint64 // how many may wait for it
	holds atomic.Bool   // it holds up the publishers; written under the topic's lock
}

// hasRoom reports whether half of the buffer is free.
func (p *paced) hasRoom(head uint64) bool {
	return head-min(head, p.taken.Load()) <= p.bound.Load()/2
}

// The methods of the topic below are called with the lock held, but for took.

// pace adds a subscriber.
func (t *Topic[T]) pace(p *paced) {
	if t.paced == nil {
		t.paced = make(map[*paced]struct{})
	}
	t.paced[p] = struct{}{}
	t.limit = min(t.limit, p.taken.Load()+p.bound.Load())
}

// unpace removes one.
func (t *Topic[T]) unpace(p *paced) {
	delete(t.paced, p)
	if p.holds.Load() {
		t.holding--
	}
	if len(t.paced) == 0 {
		t.limit = math.MaxUint64
	}
	t.publishers.wake()
}

// haveRoom looks at all, and reports whether one more value can be published. If not, it marks those to wait for.
func (t *Topic[T]) haveRoom() bool {
	head := t.log.head.Load()
	t.limit = math.MaxUint64
	for p := range t.paced {
		t.limit = min(t.limit, p.taken.Load()+p.bound.Load())
	}
	if head < t.limit {
		return true
	}
	for p := range t.paced {
		if p.holds.Load() || p.hasRoom(head) {
			continue
		}
		p.holds.Store(true)
		if p.hasRoom(head) { // it has just made some, and may not have seen the mark
			p.holds.Store(false)
			continue
		}
		t.holding++
	}
	if t.holding == 0 { // all have made room meanwhile
		return t.haveRoom()
	}
	return false
}

// took is called by a subscriber when it has taken values.
func (t *Topic[T]) took(p *paced) {
	if !p.holds.Load() || !p.hasRoom(t.log.head.Load()) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if !p.holds.Load() {
		return
	}
	p.holds.Store(false)
	if t.holding--; t.holding == 0 {
		t.publishers.wake()
	}
}
