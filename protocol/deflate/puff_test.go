package deflate

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

// A puff is a second reader of DEFLATE, as plain as can be, that shows what a
// payload is made of. It reads a bit at a time and stops at its end.
type puff struct {
	in       []byte
	at       int // bit
	out      []byte
	farthest int // distance
	matches  int
	blocks   [3]int // by type
}

var errPuff = errors.New("puff: bad data")

func (p *puff) bits(n int) (v int) {
	for i := range n {
		if p.at/8 >= len(p.in) {
			panic(errPuff)
		}
		v |= int(p.in[p.at/8]>>(p.at%8)&1) << i
		p.at++
	}
	return v
}

func (p *puff) symbol(lengths []int) int {
	code, first := 0, 0
	for n := 1; n <= 15; n++ {
		code = code<<1 | p.bits(1)
		count := 0
		for _, l := range lengths {
			if l == n {
				count++
			}
		}
		if code < first+count {
			k := code - first
			for s, l := range lengths {
				if l == n {
					if k == 0 {
						return s
					}
					k--
				}
			}
		}
		first = (first + count) << 1
	}
	panic(errPuff)
}

func (p *puff) codes() (lit, dist []int) {
	nlit, ndist, nmeta := p.bits(5)+257, p.bits(5)+1, p.bits(4)+4
	meta := make([]int, 19)
	for _, s := range []int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}[:nmeta] {
		meta[s] = p.bits(3)
	}
	var lengths []int
	for len(lengths) < nlit+ndist {
		v, n := p.symbol(meta), 1
		switch v {
		case 16:
			v, n = lengths[len(lengths)-1], 3+p.bits(2)
		case 17:
			v, n = 0, 3+p.bits(3)
		case 18:
			v, n = 0, 11+p.bits(7)
		}
		for range n {
			lengths = append(lengths, v)
		}
	}
	return lengths[:nlit], lengths[nlit:]
}

func fixedCodes() (lit, dist []int) {
	for i := range 288 {
		n := 8
		if i >= 144 && i < 256 {
			n = 9
		} else if i >= 256 && i < 280 {
			n = 7
		}
		lit = append(lit, n)
	}
	for range 30 {
		dist = append(dist, 5)
	}
	return lit, dist
}

func (p *puff) content(lit, dist []int) {
	for {
		s := p.symbol(lit)
		if s == 256 {
			return
		}
		if s < 256 {
			p.out = append(p.out, byte(s))
			continue
		}
		length := 258
		if s -= 257; s < 8 {
			length = 3 + s
		} else if s < 28 {
			k := s/4 - 1
			length = 3 + (4+s%4)<<k + p.bits(k)
		}
		back := 1 + p.symbol(dist)
		if s = back - 1; s >= 4 {
			k := s/2 - 1
			back = 1 + (2+s%2)<<k + p.bits(k)
		}
		p.farthest = max(p.farthest, back)
		p.matches++
		for range length {
			p.out = append(p.out, p.out[len(p.out)-back])
		}
	}
}

// read reads a message behind what was read before.
func (p *puff) read(t testing.TB, payload []byte) []byte {
	t.Helper()
	p.in, p.at = append(append([]byte(nil), payload...), messageTail...), 0
	start := len(p.out)
	for p.at < 8*len(p.in) {
		require.Zero(t, p.bits(1), "BFINAL is never set")
		kind := p.bits(2)
		p.blocks[kind]++
		switch kind {
		case 0:
			p.at = (p.at + 7) / 8 * 8
			n := p.bits(16)
			require.Equal(t, 0xFFFF^n, p.bits(16))
			for range n {
				p.out = append(p.out, byte(p.bits(8)))
			}
		case 1:
			p.content(fixedCodes())
		case 2:
			p.content(p.codes())
		}
	}
	return p.out[start:]
}

// RFC 7692, 7.1.2: nothing that is emitted reaches back further than was agreed,
// and the window is used up to its last byte.
func TestDistancesStayInsideTheWindow(t *testing.T) {
	for bits := minBits; bits <= maxBits; bits++ {
		size := 1 << bits
		unique := samples()["random bytes"][:size-6]
		for _, level := range []int{1, 3, 9} {
			for _, takeover := range []bool{false, true} {
				c := NewCompressor(Window{Bits: bits, Takeover: takeover}, level)
				var p puff
				for n := range 2 {
					var payload, want []byte
					for _, piece := range []string{
						"needle" + string(unique), "needle", // just in reach
						"nodule?" + string(unique), "nodule", // just out of reach
						string(samples()["JSON"][:20_000]), string(samples()["a phrase"][:9000]),
					} {
						payload = c.Deflate(payload, []byte(piece), false)
						want = append(want, piece...)
					}
					payload = c.Deflate(payload, nil, true)
					require.Equal(t, string(want), string(p.read(t, payload)), "%d bits, message %d", bits, n)
				}
				require.LessOrEqual(t, p.farthest, size, "%d bits, level %d, takeover %t", bits, level, takeover)
				if level == 9 {
					require.Equal(t, size, p.farthest, "%d bits, takeover %t", bits, takeover)
				}
			}
		}
	}
}

// With takeover a message reaches into the one before, without it does not.
func TestTakeoverIsUsedIfAgreedAndOnlyThen(t *testing.T) {
	message := samples()["random bytes"][:200]
	for _, takeover := range []bool{false, true} {
		c := NewCompressor(Window{Bits: 8, Takeover: takeover}, 0)
		var p puff
		for n := range 3 {
			require.Equal(t, message, p.read(t, c.Deflate(nil, message, true)))
			if !takeover {
				require.Zero(t, p.matches)
			} else {
				require.Equal(t, n, p.matches)
			}
		}
	}
}

func TestFormOfABlockFollowsItsContent(t *testing.T) {
	for name, want := range map[string][3]bool{ // stored (as is always the empty one at the end), fixed, dynamic
		"nothing":      {true, false, false},
		"three bytes":  {true, true, false},
		"two letters":  {true, false, true},
		"JSON":         {true, false, true},
		"random bytes": {true, false, false},
	} {
		var p puff
		content := samples()[name]
		payload := NewCompressor(Window{}, 0).Deflate(nil, content, true)
		p.read(t, payload)
		require.Equal(t, want, [3]bool{p.blocks[0] > 0, p.blocks[1] > 0, p.blocks[2] > 0}, name)
		require.LessOrEqual(t, len(payload), len(content)+5*p.blocks[0], "%s grow by five bytes a block at most", name)
	}
}
