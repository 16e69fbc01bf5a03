package hub

// A fifo is a queue of values that grows as it fills, and gives its memory back when it is empty.
type fifo[T any] struct {
	slots []T
	first int
	n     int
}

const fifoKept = 16 // slots that an empty fifo keeps

func (q *fifo[T]) put(v T) *T {
	if q.n == len(q.slots) {
		slots := make([]T, max(2*q.n, fifoKept))
		n := copy(slots, q.slots[q.first:])
		copy(slots[n:], q.slots[:q.first])
		q.slots, q.first = slots, 0
	}
	slot := &q.slots[(q.first+q.n)%len(q.slots)]
	*slot = v
	q.n++
	return slot
}

// take removes the first value. There must be one.
func (q *fifo[T]) take() T {
	var zero T
	v := q.slots[q.first]
	q.slots[q.first] = zero
	if q.first++; q.first == len(q.slots) {
		q.first = 0
	}
	if q.n--; q.n == 0 && len(q.slots) > fifoKept {
		q.slots, q.first = nil, 0
	}
	return v
}
