package deflate

import "sync"

// A window holds the last bytes of a stream, for distances to reach back into.
// It holds no more than size, and no more than there were.
type window struct {
	size int
	buf  []byte
	next int // once buf is full: where the oldest byte is
}

// write adds p to the stream.
func (w *window) write(p []byte) {
	if len(p) >= w.size {
		w.grow(w.size)
		w.buf = append(w.buf[:0], p[len(p)-w.size:]...)
		w.next = 0
		return
	}
	if free := w.size - len(w.buf); free > 0 {
		n := min(free, len(p))
		w.grow(len(w.buf) + n)
		w.buf = append(w.buf, p[:n]...)
		p = p[n:]
	}
	for len(p) > 0 {
		n := copy(w.buf[w.next:], p)
		p = p[n:]
		if w.next += n; w.next == w.size {
			w.next = 0
		}
	}
}

// grow makes room for n bytes altogether: twice as much as before, but never
// more than size.
func (w *window) grow(n int) {
	if n <= cap(w.buf) {
		return
	}
	buf := make([]byte, len(w.buf), min(w.size, max(n, 2*cap(w.buf), 64)))
	copy(buf, w.buf)
	w.buf = buf
}

// copyTo fills dst from the stream, beginning back bytes before its end, and
// reports how much it found up to that end.
func (w *window) copyTo(dst []byte, back int) int {
	if back <= w.next {
		return copy(dst, w.buf[w.next-back:w.next])
	}
	at := w.next + len(w.buf) - back
	n := copy(dst, w.buf[at:])
	if n < len(dst) {
		n += copy(dst[n:], w.buf[:w.next])
	}
	return n
}

// windows holds the windows of messages that arrive in pieces, by bits, for
// connections that keep none from one message to the next.
var windows [maxBits + 1]sync.Pool

func getWindow(bits int) *window {
	if w, ok := windows[bits].Get().(*window); ok {
		return w
	}
	return &window{size: 1 << bits}
}

func putWindow(bits int, w *window) {
	w.buf, w.next = w.buf[:0], 0
	windows[bits].Put(w)
}
