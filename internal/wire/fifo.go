package wire

import "sync"

// blockSize is the unit in which a fifo takes and returns memory.
const blockSize = 4 << 10

// A fifo holds bytes, first in, first out. It takes memory block by block as it
// fills and gives it back as it empties, so an empty one holds none. Its zero value
// is empty. It knows no limit and no lock: both are its owner's.
type fifo struct {
	first, last *block
	size        int
}

// A block is a piece of a fifo: data[start:end] holds bytes.
type block struct {
	next       *block
	start, end int
	data       [blockSize]byte
}

var blocks = sync.Pool{New: func() any { return new(block) }}

// write appends a copy of p.
func (f *fifo) write(p []byte) {
	f.size += len(p)
	for len(p) > 0 {
		if f.last == nil || f.last.end == blockSize {
			f.grow()
		}
		n := copy(f.last.data[f.last.end:], p)
		f.last.end += n
		p = p[n:]
	}
}

// read moves bytes into p until p is full or the fifo empty, and reports how many.
func (f *fifo) read(p []byte) int {
	total := 0
	for total < len(p) && f.first != nil {
		b := f.first
		n := copy(p[total:], b.data[b.start:b.end])
		b.start += n
		total += n
		if b.start == b.end {
			f.shrink()
		}
	}
	f.size -= total
	return total
}

// clear forgets all bytes.
func (f *fifo) clear() {
	for f.first != nil {
		f.shrink()
	}
	f.size = 0
}

// grow adds an empty block at the end.
func (f *fifo) grow() {
	b := blocks.Get().(*block)
	if f.last == nil {
		f.first = b
	} else {
		f.last.next = b
	}
	f.last = b
}

// shrink gives the first block back.
func (f *fifo) shrink() {
	b := f.first
	f.first = b.next
	if f.first == nil {
		f.last = nil
	}
	b.next, b.start, b.end = nil, 0, 0
	blocks.Put(b)
}
