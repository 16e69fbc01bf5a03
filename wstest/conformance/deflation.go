package conformance

import (
	"bytes"
	"compress/flate"
	"math/bits"

	"github.com/wsflow/wsflow/protocol/deflate"
)

// A deflation compresses the suite's messages: with the standard library where the window is its own, which is always the largest, otherwise with ours.
type deflation struct {
	window window
	out    bytes.Buffer
	flate  *flate.Writer
	ours   *deflate.Compressor
}

func newDeflation(w window) *deflation {
	d := &deflation{window: w}
	if w.bits < maxBits {
		d.ours = deflate.NewCompressor(deflate.Window{Bits: w.bits, Takeover: w.takeover}, 0)
	}
	return d
}

// message returns the payload of the next message, compressed.
func (d *deflation) message(plain []byte) []byte {
	if d.ours != nil {
		return d.ours.Deflate(nil, plain, true)
	}
	d.out.Reset()
	switch {
	case d.flate == nil:
		d.flate, _ = flate.NewWriter(&d.out, flate.DefaultCompression) // a level that exists
	case !d.window.takeover:
		d.flate.Reset(&d.out)
	}
	_, _ = d.flate.Write(plain) // into memory
	_ = d.flate.Flush()
	return bytes.Clone(bytes.TrimSuffix(d.out.Bytes(), messageTail))
}

// dynamic returns the payload of a message in blocks with codes of their own, and without a match: it suits every window.
func dynamic(plain []byte) []byte {
	var out bytes.Buffer
	w, _ := flate.NewWriter(&out, flate.HuffmanOnly) // a level that exists
	_, _ = w.Write(plain)                            // into memory
	_ = w.Flush()
	return bytes.TrimSuffix(out.Bytes(), messageTail)
}

// A stream is DEFLATE written by hand (RFC 1951), block by block, for what no compressor writes.
type stream struct {
	b    []byte
	free uint // bits of the last byte that are not used
}

// put writes the n low bits of v, the lowest first.
func (s *stream) put(v, n uint) *stream {
	for ; n > 0; n-- {
		if s.free == 0 {
			s.b, s.free = append(s.b, 0), 8
		}
		s.b[len(s.b)-1] |= byte(v&1) << (8 - s.free)
		s.free--
		v >>= 1
	}
	return s
}

// code writes a Huffman code of n bits, the highest first.
func (s *stream) code(v, n uint) *stream {
	for ; n > 0; n-- {
		s.put(v>>(n-1), 1)
	}
	return s
}

// Kinds of blocks (RFC 1951, 3.2.3).
const (
	storedBlock  = 0
	fixedBlock   = 1
	dynamicBlock = 2
	noBlock      = 3
)

func (s *stream) header(final bool, kind uint) *stream {
	var bit uint
	if final {
		bit = 1
	}
	return s.put(bit, 1).put(kind, 2)
}

// stored writes a block that is not compressed, of at most 65535 bytes.
func (s *stream) stored(p []byte) *stream {
	s.header(false, storedBlock)
	s.free = 0
	s.b = append(s.b, byte(len(p)), byte(len(p)>>8), byte(^len(p)), byte(^len(p)>>8))
	s.b = append(s.b, p...)
	return s
}

// fixed begins a block with the codes that are fixed (RFC 1951, 3.2.6), end ends it.
func (s *stream) fixed() *stream { return s.header(false, fixedBlock) }
func (s *stream) end() *stream   { return s.symbol(256) }

// symbol writes a literal, the end of the block, or the first part of a length.
func (s *stream) symbol(v uint) *stream {
	switch {
	case v < 144:
		return s.code(0x30+v, 8)
	case v < 256:
		return s.code(0x190+v-144, 9)
	case v < 280:
		return s.code(v-256, 7)
	}
	return s.code(0xC0+v-280, 8)
}

// literals writes bytes one by one.
func (s *stream) literals(p string) *stream {
	for i := range len(p) {
		s.symbol(uint(p[i]))
	}
	return s
}

// match writes 258 bytes that occurred so far back, 1 to 32768: symbol 285, and a distance (RFC 1951, 3.2.5).
func (s *stream) match(distance uint) *stream {
	s.symbol(285)
	d := distance - 1
	if d < 4 {
		return s.code(d, 5)
	}
	extra := uint(bits.Len(d)) - 2 // the upper two bits are in the symbol
	return s.code(2*extra+2+(d>>extra&1), 5).put(d, extra)
}

const longestMatch = 258

// message ends a message: with the header of an empty stored block, of which the rest is left out.
func (s *stream) message() []byte {
	s.header(false, storedBlock)
	return s.b
}
