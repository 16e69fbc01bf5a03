package hub

import "sync"

// An inbox is the reader of DropNewest. What it is to drop depends on what was taken when, and what it keeps may be
// older than all that is in the log: so publishers put values into it.
type inbox[T any] struct {
	topic *Topic[T]
	size  int

	mu   sync.Mutex
	kept fifo[numbered[T]]
	seen uint64 // the offset of the newest value that was kept or dropped
}

type numbered[T any] struct {
	offset uint64
	value  T
}

// newInbox makes one that has all values after begin, however many.
func newInbox[T any](t *Topic[T], begin uint64, o Options) *inbox[T] {
	in := &inbox[T]{topic: t, size: o.Buffer, seen: begin}
	for in.seen < t.log.head.Load() {
		in.seen++
		s := t.log.segment(in.seen)
		in.kept.put(numbered[T]{offset: in.seen, value: s.values[in.seen-s.first]})
	}
	return in
}

func (in *inbox[T]) enter() {
	if in.topic.inboxes == nil {
		in.topic.inboxes = make(map[*inbox[T]]struct{})
	}
	in.topic.inboxes[in] = struct{}{}
}

func (in *inbox[T]) leave() { delete(in.topic.inboxes, in) }

// put is called by a publisher.
func (in *inbox[T]) put(offset uint64, v T) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.seen = offset
	if in.kept.n < in.size {
		in.kept.put(numbered[T]{offset: offset, value: v})
	}
}

func (in *inbox[T]) take(v *T) (offset, seen uint64, err error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.kept.n == 0 {
		return 0, in.seen, nil
	}
	first := in.kept.take()
	*v = first.value
	return first.offset, 0, nil
}
