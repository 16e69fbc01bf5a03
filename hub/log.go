package hub

import (
	"sync/atomic"
	"time"
)

// A log keeps the newest values of a topic. One writes, under the topic's lock; any number read, without one: a value
// stands in its place once head says so, and is never written again. Old values go by the segment, and live on in the
// hands of those that still read them.
type log[T any] struct {
	size uint64 // how many values are kept
	per  uint64 // values in a segment
	aged bool   // segments have times

	head     atomic.Uint64 // the offset of the newest value; the first one's is 1
	segments []atomic.Pointer[segment[T]]
	current  *segment[T] // that of the newest value, for the writer
}

// segmentSize is few enough for what a stalled reader keeps alive, and for a topic with three values in it.
const segmentSize = 32

type segment[T any] struct {
	first  uint64 // the offset of values[0]
	values []T
	times  []int64 // in nanoseconds
}

func newLog[T any](size int, aged bool) *log[T] {
	per := min(size, segmentSize)
	return &log[T]{
		size: uint64(size),
		per:  uint64(per),
		aged: aged,
		// One more than size needs, since the newest segment is not full.
		segments: make([]atomic.Pointer[segment[T]], (size+per-1)/per+1),
	}
}

// place returns where the pointer to the segment of an offset stands.
func (l *log[T]) place(offset uint64) *atomic.Pointer[segment[T]] {
	return &l.segments[(offset-1)/l.per%uint64(len(l.segments))]
}

// put writes the value after head, which publish makes visible.
func (l *log[T]) put(v T) {
	offset := l.head.Load() + 1
	if !l.current.has(offset) {
		l.current = &segment[T]{first: offset, values: make([]T, l.per)}
		if l.aged {
			l.current.times = make([]int64, l.per)
		}
		l.place(offset).Store(l.current)
	}
	i := offset - l.current.first
	l.current.values[i] = v
	if l.aged {
		l.current.times[i] = time.Now().UnixNano()
	}
}

func (l *log[T]) publish() (offset uint64) { return l.head.Add(1) }

func (s *segment[T]) has(offset uint64) bool {
	return s != nil && offset-s.first < uint64(len(s.values))
}

// segment returns the segment of an offset that is not beyond head, or nil if it is gone.
func (l *log[T]) segment(offset uint64) *segment[T] {
	if s := l.place(offset).Load(); s.has(offset) {
		return s
	}
	return nil
}

// before returns the offset before the oldest value that is kept and is at most age old, if that is not 0. It is
// called under the topic's lock.
func (l *log[T]) before(age time.Duration) uint64 {
	head := l.head.Load()
	before := head - min(head, l.size)
	if !l.aged {
		return before
	}
	young := time.Now().Add(-age).UnixNano()
	for before < head {
		s := l.segment(before + 1)
		if s.times[before+1-s.first] >= young {
			break
		}
		before++
	}
	return before
}
