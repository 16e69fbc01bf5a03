package upgrade

import "sync"

// A plain socket holds buffers only while bytes are in them, and none while it waits for its peer. Other
// connections keep a small one to read with.

const (
	bufferSize   = 64 << 10
	slabSize     = 4 << 10
	smallPayload = 512 // the largest that goes to a slab
)

type buffer [bufferSize]byte

var buffers = sync.Pool{New: func() any { return new(buffer) }}

// A slab is memory that small payloads are copied to, one after the other. What was given out is never written again;
// the rest goes from connection to connection.
type slab struct{ rest []byte }

var slabs = sync.Pool{New: func() any { return new(slab) }}

// keep copies a payload to memory that is never written again. Small ones share a slab, so that
// they cost a fraction of an allocation each, and a small message that is kept pins no more than that.
func (d *reading) keep(payload []byte) []byte {
	n := len(payload)
	if n > smallPayload {
		return append(make([]byte, 0, n), payload...)
	}
	if d.slab == nil {
		d.slab = slabs.Get().(*slab)
	}
	if len(d.slab.rest) < n {
		d.slab.rest = make([]byte, slabSize)
	}
	kept := d.slab.rest[:n:n]
	d.slab.rest = d.slab.rest[n:]
	copy(kept, payload)
	return kept
}

// letGo gives the slab back before the connection waits.
func (d *reading) letGo() {
	if d.slab != nil {
		slabs.Put(d.slab)
		d.slab = nil
	}
}
