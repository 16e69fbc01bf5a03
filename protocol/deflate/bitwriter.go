package deflate

import "encoding/binary"

// A bitWriter appends bits to bytes. Up to 63 bits wait in acc; the bits of a
// byte that is not complete stay there from one call to the next.
type bitWriter struct {
	dst []byte
	acc uint64
	nb  uint
}

// put appends the n lowest bits of v, at most 31, above which v is 0.
func (w *bitWriter) put(v uint32, n uint) {
	w.acc |= uint64(v) << w.nb
	if w.nb += n; w.nb >= 32 {
		w.dst = binary.LittleEndian.AppendUint32(w.dst, uint32(w.acc))
		w.acc >>= 32
		w.nb -= 32
	}
}

func (w *bitWriter) code(c code) { w.put(uint32(c&0xFFFF), c.len()) }

// align fills the current byte with zeros and appends what waits.
func (w *bitWriter) align() {
	for ; w.nb > 0; w.nb -= min(w.nb, 8) {
		w.dst = append(w.dst, byte(w.acc))
		w.acc >>= 8
	}
}
