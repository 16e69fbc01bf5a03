package deflate

import (
	"math/bits"
	"sync"
)

// A token is a literal, or a match: matchFlag | (length-3)<<16 | distance-1.
type token uint32

const matchFlag token = 1 << 31

// tokens are the content of a block, and what is needed to encode it. They are
// needed during a call only.
type tokens struct {
	list  []token
	lit   [maxLit]uint32 // how often each symbol occurs
	dist  [maxDist]uint32
	extra int // bits behind the symbols
	block blockCodes
}

var tokenPool = sync.Pool{New: func() any { return new(tokens) }}

func getTokens() *tokens {
	t := tokenPool.Get().(*tokens)
	t.list, t.extra = t.list[:0], 0
	clear(t.lit[:])
	clear(t.dist[:])
	t.lit[endOfBlock] = 1
	return t
}

func (t *tokens) literals(p []byte) {
	for _, c := range p {
		t.list = append(t.list, token(c))
		t.lit[c]++
	}
}

func (t *tokens) match(length, back int) {
	t.list = append(t.list, matchFlag|token(length-3)<<16|token(back-1))
	l, d := lengthSymbols[length-3], distSymbol(back)
	t.lit[endOfBlock+1+int(l)]++
	t.dist[d]++
	t.extra += int(lengthBits[l]) + int(distBits[d])
}

// lengthSymbols has the symbol of a length, less endOfBlock+1, by length-3.
var lengthSymbols = func() (symbols [maxMatch - 2]uint8) {
	for s, base := range lengthBase {
		for i := int(base) - 3; i < len(symbols); i++ {
			symbols[i] = uint8(s)
		}
	}
	return symbols
}()

// distSymbol returns the symbol of a distance: with each two of them the number
// of extra bits grows by one.
func distSymbol(back int) uint {
	if back <= 4 {
		return uint(back - 1)
	}
	n := uint(bits.Len(uint(back-1))) - 1 // the highest bit; the next one tells the two apart
	return 2*n + uint(back-1)>>(n-1)&1
}
