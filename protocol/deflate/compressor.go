package deflate

// A Compressor deflates the messages of one direction of a connection. It must
// not be used from several goroutines at once.
//
// Between messages it holds nothing where its window was not agreed to be kept.
// Otherwise it keeps tables over the window as well, with 8 bits 9 KiB and with 15
// bits 192 KiB altogether, until [Compressor.Rest] reduces that to the bytes of the
// window.
type Compressor struct {
	bits     int
	takeover bool
	effort   effort

	matcher *matcher
	resting []byte // the window, between Rest and the next message

	// The bits of a byte that is not complete.
	acc uint64
	nb  uint
}

// NewCompressor returns a Compressor for what we compress with w, our side of the
// agreed [Params], at a level from 1 to 9; 0 is [DefaultLevel].
func NewCompressor(w Window, level int) *Compressor {
	c := new(Compressor)
	c.Init(w, level)
	return c
}

// Init makes c a fresh Compressor, as [NewCompressor] does, for one that is part
// of another struct.
func (c *Compressor) Init(w Window, level int) {
	if level == 0 {
		level = DefaultLevel
	}
	*c = Compressor{bits: w.bits(), takeover: w.Takeover, effort: efforts[min(max(level, 1), 9)]}
}

// Deflate appends what the next piece of the message, src, is compressed to. end
// says that src is the last piece, after which the next call begins another
// message; otherwise the output is flushed, so that the peer can inflate all of
// src from it. src is not kept. An empty message becomes one byte, 00.
func (c *Compressor) Deflate(dst, src []byte, end bool) []byte {
	dst = c.Write(dst, src)
	if end {
		return c.End(dst)
	}
	return c.Flush(dst)
}

// Write appends as much as it cares to of what the next piece of the message is
// compressed to. It holds back up to 32 KiB of src, for the sake of better
// compression.
func (c *Compressor) Write(dst, src []byte) []byte {
	m := c.open()
	for len(src) > 0 {
		n := m.add(src)
		if src = src[n:]; len(src) > 0 {
			dst = c.encode(dst)
		}
	}
	return dst
}

// Flush appends what was held back, and brings the output to the end of a byte.
func (c *Compressor) Flush(dst []byte) []byte {
	dst = c.boundary(c.encode(dst))
	return append(dst, messageTail...)
}

// End appends the rest of the message.
//
// RFC 7692, 7.2.1: "Remove 4 octets (that are 0x00 0x00 0xff 0xff) from the tail
// end", which therefore are not written in the first place.
func (c *Compressor) End(dst []byte) []byte {
	dst = c.boundary(c.encode(dst))
	if !c.takeover {
		c.matcher.release()
		c.matcher = nil
	}
	return dst
}

// Rest lets go of all that can be had again: where the window is kept, or inside a
// message that was flushed, nothing remains but the bytes of the window, and
// between other messages nothing at all. It is meant for a connection that has
// become idle; the next piece takes longer for it, with 15 bits a tenth of a
// millisecond.
func (c *Compressor) Rest() {
	m := c.matcher
	if m == nil || m.pending < len(m.buf) || c.nb > 0 {
		return
	}
	c.resting = append([]byte(nil), m.buf[max(0, len(m.buf)-1<<c.bits):]...)
	m.release()
	c.matcher = nil
}

// open returns the matcher for the open message, or one that begins it.
func (c *Compressor) open() *matcher {
	if c.matcher == nil {
		c.matcher = getMatcher(c.bits, c.effort, c.resting)
		c.resting = nil
	}
	return c.matcher
}

// encode appends a block with all that is pending.
func (c *Compressor) encode(dst []byte) []byte {
	m := c.open()
	if m.pending == len(m.buf) {
		return dst
	}
	t := getTokens()
	raw := m.buf[m.pending:]
	m.parse(t)
	w := bitWriter{dst: dst, acc: c.acc, nb: c.nb}
	w.writeBlock(t, raw)
	c.acc, c.nb = w.acc, w.nb
	tokenPool.Put(t)
	return w.dst
}

// boundary appends an empty stored block up to its length, which brings the
// output to the end of a byte.
func (c *Compressor) boundary(dst []byte) []byte {
	w := bitWriter{dst: dst, acc: c.acc, nb: c.nb}
	w.put(blockStored, headerBits)
	w.align()
	c.acc, c.nb = 0, 0
	return w.dst
}
