package driver

// keepBuffer is the capacity up to which an empty buffer is kept for what comes
// next.
const keepBuffer = 64 << 10

// An input holds the bytes that have been received and not yet understood.
type input struct {
	buf []byte
	at  int // what stands before is done with
}

// add takes a copy of p. If keep is set, bytes that are done with stay where they
// are, since somebody still looks at them.
func (in *input) add(p []byte, keep bool) {
	// Moving what is left to the front only where it is the smaller part makes
	// the cost of moving proportional to what was received.
	if left := len(in.buf) - in.at; !keep && left <= in.at {
		copy(in.buf, in.buf[in.at:])
		in.buf, in.at = in.buf[:left], 0
	}
	in.buf = append(in.buf, p...)
}

// bytes returns what is left.
func (in *input) bytes() []byte { return in.buf[in.at:] }

// skip drops n bytes at the start of what is left.
func (in *input) skip(n int) {
	in.at += n
	if in.at == len(in.buf) && cap(in.buf) > keepBuffer {
		*in = input{}
	}
}

// rest lets go of memory that holds nothing.
func (in *input) rest() {
	if in.at == len(in.buf) {
		*in = input{}
	}
}

// An output holds the bytes that are to be sent.
type output struct {
	buf   []byte // to be sent
	taken []byte // what take returned last
}

// take returns what is to be sent, which stays valid until the next take.
func (out *output) take() []byte {
	p, free := out.buf, out.taken
	if cap(free) > keepBuffer {
		free = nil
	}
	out.buf, out.taken = free[:0], p
	return p
}

// rest lets go of memory that holds nothing. What was taken last is the user's
// until the next take, which does not need it.
func (out *output) rest() {
	out.taken = nil
	if len(out.buf) == 0 {
		out.buf = nil
	}
}
