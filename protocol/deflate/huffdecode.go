package deflate

import "math/bits"

const (
	maxCodeLen = 15  // bits of a Huffman code
	maxLit     = 286 // literals, the end of the block and lengths
	maxDist    = 30
	endOfBlock = 256

	fastBits = 9
)

// A decodeTable tells symbols by their Huffman codes. A code of up to fastBits
// bits is found by one look; a longer one, of which a block can have many but
// not often, is counted through.
type decodeTable struct {
	fast   [1 << fastBits]uint16 // symbol<<4 | length; 0: longer, or no code
	count  [maxCodeLen + 1]uint16
	symbol [288]uint16 // in the order of their codes
	short  uint16      // codes of up to fastBits bits
	first  uint16      // the first code that is longer, as if of fastBits bits
}

// init builds the table for the code lengths of symbols. It reports false if
// they are no code: over-subscribed, or incomplete. No length at all is allowed,
// and so is a single code of one bit (RFC 1951, 3.2.7: "If only one distance
// code is used, it is encoded using one bit, not zero bits").
func (t *decodeTable) init(lengths []uint8) bool {
	t.count = [maxCodeLen + 1]uint16{}
	for _, n := range lengths {
		t.count[n]++
	}
	used := len(lengths) - int(t.count[0])
	t.count[0] = 0
	left := 1 // codes that are still free
	var offset, next [maxCodeLen + 2]uint16
	for n := 1; n <= maxCodeLen; n++ {
		left <<= 1
		if left -= int(t.count[n]); left < 0 {
			return false
		}
		offset[n+1] = offset[n] + t.count[n]
		next[n+1] = (next[n] + t.count[n]) << 1
	}
	if left > 0 && used > 0 && (used > 1 || t.count[1] != 1) {
		return false
	}
	clear(t.fast[:])
	t.short, t.first = offset[fastBits+1], next[fastBits+1]>>1
	for symbol, n := range lengths {
		if n == 0 {
			continue
		}
		t.symbol[offset[n]] = uint16(symbol)
		offset[n]++
		if n <= fastBits {
			entry := uint16(symbol)<<4 | uint16(n)
			for i := int(bits.Reverse16(next[n]) >> (16 - n)); i < len(t.fast); i += 1 << n {
				t.fast[i] = entry
			}
		}
		next[n]++
	}
	return true
}

// long finds the symbol of a code that is longer than fastBits bits at the start
// of acc. The length is 0 if there is no such code.
func (t *decodeTable) long(acc uint64) (symbol, length uint) {
	code := uint(bits.Reverse16(uint16(acc)) >> (16 - fastBits))
	first, index := uint(t.first), uint(t.short)
	for n := uint(fastBits + 1); n <= maxCodeLen; n++ {
		code = code<<1 | uint(acc>>(n-1))&1
		first <<= 1
		count := uint(t.count[n])
		if code-first < count {
			return uint(t.symbol[index+code-first]), n
		}
		index += count
		first += count
	}
	return 0, 0
}

// The tables of blocks with fixed codes (RFC 1951, 3.2.6).
var fixedLit, fixedDist = func() (*decodeTable, *decodeTable) {
	lit, dist := new(decodeTable), new(decodeTable)
	lit.init(fixedLitLengths[:])
	var lengths [32]uint8
	for i := range lengths {
		lengths[i] = 5
	}
	dist.init(lengths[:])
	return lit, dist
}()

var fixedLitLengths = func() (lengths [288]uint8) {
	for i := range lengths {
		switch {
		case i < 144:
			lengths[i] = 8
		case i < 256:
			lengths[i] = 9
		case i < 280:
			lengths[i] = 7
		default:
			lengths[i] = 8
		}
	}
	return lengths
}()

// RFC 1951, 3.2.5: lengths and distances are a base and some extra bits.
var (
	lengthBase = [29]uint16{3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258}
	lengthBits = [29]uint8{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0}
	distBase   = [30]uint16{1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577}
	distBits   = [30]uint8{0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13}
	// The order in which the lengths of the codes for code lengths are sent
	// (RFC 1951, 3.2.7).
	codeOrder = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}
)
