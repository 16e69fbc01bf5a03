package hub

import (
	"sync"
	"sync/atomic"
	"time"
)

// Keys are the newest values of each key, in the order of their publication. All subscribers with Conflate share
// them: what a subscriber has yet to get are those after its place, however long it was away, and publishing costs
// the same for any number of subscribers.
type keys[T any] struct {
	size int

	mu             sync.RWMutex
	entries        map[any]*entry[T]
	oldest, newest *entry[T]
}

type entry[T any] struct {
	key          any
	offset       atomic.Uint64 // written with the lock held
	value        T
	at           time.Time
	older, newer *entry[T]
	gone         bool
}

func newKeys[T any](size int) *keys[T] {
	return &keys[T]{size: size, entries: make(map[any]*entry[T])}
}

// put makes v the value of the key.
func (k *keys[T]) put(offset uint64, key any, v T) {
	k.mu.Lock()
	defer k.mu.Unlock()
	e := k.entries[key]
	if e == nil {
		if len(k.entries) == k.size {
			k.evict(k.oldest)
		}
		e = &entry[T]{key: key}
		k.entries[key] = e
	} else {
		k.unlink(e)
	}
	e.offset.Store(offset)
	e.value, e.at = v, time.Now()
	e.older, e.newer = k.newest, nil
	if k.newest == nil {
		k.oldest = e
	} else {
		k.newest.newer = e
	}
	k.newest = e
}

func (k *keys[T]) unlink(e *entry[T]) {
	if e.older == nil {
		k.oldest = e.newer
	} else {
		e.older.newer = e.newer
	}
	if e.newer == nil {
		k.newest = e.older
	} else {
		e.newer.older = e.older
	}
}

// evict removes a key. Nothing leads on from its entry, which a stalled subscriber may have: it would keep all those
// alive that are removed later.
func (k *keys[T]) evict(e *entry[T]) {
	delete(k.entries, e.key)
	k.unlink(e)
	var zero T
	e.older, e.newer, e.value, e.gone = nil, nil, zero, true
}

// before returns the offset before the oldest of the newest n values that are at most age old, if that is not 0.
func (k *keys[T]) before(age time.Duration, n uint64) uint64 {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if age == 0 && n >= uint64(len(k.entries)) {
		return 0
	}
	e := k.newest
	for ; e != nil && n > 0 && (age == 0 || time.Since(e.at) <= age); n-- {
		e = e.older
	}
	if e == nil {
		return 0
	}
	return e.offset.Load()
}

// after appends to batch the first n values after an offset. The entry of that, if it is known, saves looking for them
// from the newest on, which takes long for a subscriber that is far behind.
func (k *keys[T]) after(offset uint64, last *entry[T], batch []keyed[T], n int) (_ []keyed[T], seen uint64) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if k.newest == nil {
		return batch, 0
	}
	var first *entry[T]
	if last != nil && !last.gone && last.offset.Load() == offset {
		first = last.newer
	} else {
		for e := k.newest; e != nil && e.offset.Load() > offset; e = e.older {
			first = e
		}
	}
	for e := first; e != nil && len(batch) < n; e = e.newer {
		batch = append(batch, keyed[T]{entry: e, offset: e.offset.Load(), value: e.value})
	}
	return batch, k.newest.offset.Load()
}

// A keyed is a value as an entry had it.
type keyed[T any] struct {
	entry  *entry[T]
	offset uint64
	value  T
}

// conflateBatch is how many values a subscriber with Conflate gets hold of at once. Those that are replaced before it
// comes to them are left out all the same.
const conflateBatch = 32

// A conflating is the reader of Conflate.
type conflating[T any] struct {
	keys  *keys[T]
	at    uint64    // the offset of the last value taken
	last  *entry[T] // that of at, perhaps
	batch []keyed[T]
	next  int // in the batch
}

func (c *conflating[T]) enter() {}
func (c *conflating[T]) leave() {}

func (c *conflating[T]) take(v *T) (offset, seen uint64, err error) {
	for {
		for c.next < len(c.batch) {
			next := c.batch[c.next]
			c.batch[c.next] = keyed[T]{}
			c.next++
			if next.entry.offset.Load() == next.offset { // else its key has a newer value, which comes later
				*v, c.at, c.last = next.value, next.offset, next.entry
				return c.at, 0, nil
			}
		}
		c.next = 0
		if c.batch, seen = c.keys.after(c.at, c.last, c.batch[:0], conflateBatch); len(c.batch) == 0 {
			return 0, max(seen, c.at), nil
		}
	}
}
