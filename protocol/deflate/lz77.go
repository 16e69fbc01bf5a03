package deflate

import (
	"encoding/binary"
	"math/bits"
	"sync"
)

const (
	minMatch = 4 // the format knows 3, which seldom pay
	maxMatch = 258
)

// A matcher finds in what it is given the strings that occurred before, in the
// last 1<<bits bytes and no further.
//
// Positions count from the beginning of the matcher's life, so that the tables
// need not be cleared for a new stream: what lies below low is forgotten.
type matcher struct {
	bits   int
	effort effort

	buf     []byte // the window, and behind it what is not yet encoded
	pending int    // where that begins
	hashed  int    // up to here buf is in the tables
	base    uint32 // position of buf[0]
	low     uint32

	head  []uint32 // by hash: the last position
	prev  []uint16 // by position, within the window: how far before it the previous one was
	shift uint8
}

// An effort is how long to look for a match.
type effort struct {
	tries int  // candidates
	nice  int  // the length that is good enough
	lazy  bool // look whether the next position gives a longer one
}

var efforts = [10]effort{
	1: {2, 16, false},
	2: {6, 32, false},
	3: {6, 32, true},
	4: {12, 48, true},
	5: {24, 64, true},
	6: {48, 128, true},
	7: {96, 200, true},
	8: {256, 258, true},
	9: {1024, 258, true},
}

// matchers holds matchers that belong to no stream, by bits.
var matchers [maxBits + 1]sync.Pool

// getMatcher returns a matcher for a stream that begins with what is in history,
// at most 1<<bits bytes.
func getMatcher(bits int, e effort, history []byte) *matcher {
	m, ok := matchers[bits].Get().(*matcher)
	if !ok {
		size := 1 << bits
		hashBits := min(max(bits, 10), 14)
		m = &matcher{
			bits:  bits,
			buf:   make([]byte, 0, size+max(size, 4096)),
			head:  make([]uint32, 1<<hashBits),
			prev:  make([]uint16, size),
			shift: uint8(32 - hashBits),
			base:  1 << 16,
			low:   1 << 16,
		}
	}
	m.effort = e
	m.buf = append(m.buf, history...)
	m.pending = len(history)
	return m
}

// release gives m back.
func (m *matcher) release() {
	m.base += uint32(len(m.buf))
	if m.base > 1<<30 {
		clear(m.head)
		m.base = 1 << 16
	}
	m.buf, m.pending, m.hashed, m.low = m.buf[:0], 0, 0, m.base
	matchers[m.bits].Put(m)
}

// block returns how much may be pending.
func (m *matcher) block() int { return cap(m.buf) - 1<<m.bits }

// add takes over as much of p as there is room for. If it is not all, what is
// pending has to be parsed before there is more room.
func (m *matcher) add(p []byte) int {
	n := min(len(p), m.block()-(len(m.buf)-m.pending))
	if len(m.buf)+n > cap(m.buf) {
		if m.pending < len(m.buf) {
			return 0
		}
		m.slide()
	}
	m.buf = append(m.buf, p[:n]...)
	return n
}

// slide drops what has left the window. Everything is encoded.
func (m *matcher) slide() {
	m.insert(len(m.buf))
	drop := len(m.buf) - 1<<m.bits
	m.buf = m.buf[:copy(m.buf, m.buf[drop:])]
	m.pending -= drop
	m.hashed -= drop
	m.base += uint32(drop)
	if m.base > 1<<31 { // once in two gigabytes
		clear(m.head)
		m.base, m.hashed = 1<<16, 0
		m.low = m.base
	}
	m.low = max(m.low, m.base)
}

// insert enters the positions before i into the tables. The last three bytes
// have to wait for what follows them.
func (m *matcher) insert(i int) {
	buf, head, prev := m.buf, m.head, m.prev
	mask := uint32(len(prev) - 1)
	i = min(i, len(buf)-3)
	for at := m.hashed; at < i; at++ {
		h := hash(binary.LittleEndian.Uint32(buf[at:]), m.shift)
		pos := m.base + uint32(at)
		back := pos - head[h]
		if back > uint32(len(prev)) {
			back = 0
		}
		prev[pos&mask] = uint16(back)
		head[h] = pos
	}
	m.hashed = max(m.hashed, i)
}

func hash(v uint32, shift uint8) uint32 { return v * 2654435761 >> (shift & 31) }

// find looks for a match at i that is longer than best. Everything before i has
// been entered, and at least minMatch bytes follow.
func (m *matcher) find(i, best int) (length, back int) {
	buf := m.buf
	pos, mask := m.base+uint32(i), uint32(len(m.prev)-1)
	first := binary.LittleEndian.Uint32(buf[i:])
	lowest := max(m.low, pos-uint32(len(m.prev)))
	at := m.head[hash(first, m.shift)]
	limit := min(len(buf)-i, maxMatch)
	for tries := m.effort.tries; tries > 0 && at >= lowest && best < limit; tries-- {
		c := int(at - m.base)
		if buf[c+best] == buf[i+best] && binary.LittleEndian.Uint32(buf[c:]) == first {
			if n := matchLen(buf[c:], buf[i:i+limit]); n > best {
				best, length, back = n, n, i-c
				if n >= m.effort.nice {
					break
				}
			}
		}
		step := uint32(m.prev[at&mask])
		if step == 0 {
			break
		}
		at -= step
	}
	return length, back
}

// matchLen returns how many bytes of b are the same in a, which is longer.
func matchLen(a, b []byte) int {
	n := 0
	for ; len(b)-n >= 8; n += 8 {
		if x := binary.LittleEndian.Uint64(a[n:]) ^ binary.LittleEndian.Uint64(b[n:]); x != 0 {
			return n + bits.TrailingZeros64(x)>>3
		}
	}
	for ; n < len(b) && a[n] == b[n]; n++ {
	}
	return n
}

// parse turns what is pending into tokens.
func (m *matcher) parse(t *tokens) {
	i, end := m.pending, len(m.buf)-minMatch
	from := i // bytes from here are not yet tokens
	for i <= end {
		m.insert(i)
		length, back := m.find(i, minMatch-1)
		if length == 0 {
			// The longer nothing was found, the less is looked for.
			i += 1 + (i-from)>>6
			continue
		}
		for m.effort.lazy && length < m.effort.nice && i+1 <= end {
			m.insert(i + 1)
			l, b := m.find(i+1, length)
			if l == 0 {
				break
			}
			i, length, back = i+1, l, b
		}
		t.literals(m.buf[from:i])
		t.match(length, back)
		i += length
		from = i
	}
	t.literals(m.buf[from:])
	m.pending = len(m.buf)
}
