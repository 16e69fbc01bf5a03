package hub

import "github.com/wsflow/wsflow/protocol"

// A cursor is the reader of Disconnect, DropOldest and Backpressure: a place in the log. It is as small as a cache
// line, since of ten thousand subscribers none is in the cache when it is woken.
type cursor[T any] struct {
	topic   *Topic[T]
	at      uint64      // the offset of the last value taken
	segment *segment[T] // that of at, perhaps
	bound   uint64      // how many values may wait
	buffer  uint64      // the bound once the subscriber has caught up
	paced   *paced      // of Backpressure
	options *Options
}

func newCursor[T any](t *Topic[T], at uint64, o Options) *cursor[T] {
	c := &cursor[T]{topic: t, at: at, buffer: uint64(o.Buffer), options: &o}
	c.bound = c.buffer
	if t.log.head.Load()-at > c.buffer {
		c.bound = t.log.size
	}
	return c
}

func (c *cursor[T]) enter() {
	if c.options.Policy == Backpressure {
		c.paced = new(paced)
		c.paced.taken.Store(c.at)
		c.paced.bound.Store(c.bound)
		c.topic.pace(c.paced)
	}
}

func (c *cursor[T]) leave() {
	if c.paced != nil {
		c.topic.unpace(c.paced)
	}
}

func (c *cursor[T]) take(v *T) (offset, seen uint64, err error) {
	log := c.topic.log
	for {
		head := log.head.Load()
		if head == c.at {
			return 0, head, nil
		}
		// With Backpressure it is the publishers who see to the bound. They may have read a wider one, of a
		// subscriber that was catching up: that is still within the log.
		if head-c.at > c.bound && c.paced == nil {
			if c.options.Policy == Disconnect {
				return 0, 0, &protocol.CloseError{Code: c.options.Code, Reason: c.options.Reason}
			}
			c.at = head - c.bound
		}
		if !c.segment.has(c.at + 1) {
			if c.segment = log.segment(c.at + 1); c.segment == nil {
				continue // more has been published since head was read
			}
		}
		*v = c.segment.values[c.at+1-c.segment.first]
		c.at++
		c.taken(head)
		return c.at, 0, nil
	}
}

// taken tells whom it concerns that the cursor has moved on.
func (c *cursor[T]) taken(head uint64) {
	caughtUp := c.bound > c.buffer && head-c.at <= c.buffer
	if caughtUp {
		c.bound = c.buffer
	}
	if c.paced == nil {
		return
	}
	if caughtUp {
		c.paced.bound.Store(c.bound)
	}
	c.paced.taken.Store(c.at)
	c.topic.took(c.paced)
}
