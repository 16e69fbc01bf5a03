package deflate

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// Code lengths fill the space of codes exactly, keep to the limit, and give the
// rarer symbol no shorter code; the decoder takes them.
func TestCodeLengths(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	fibonacci := []uint32{1, 1}
	for len(fibonacci) < 40 {
		fibonacci = append(fibonacci, fibonacci[len(fibonacci)-1]+fibonacci[len(fibonacci)-2])
	}
	cases := map[string][]uint32{
		"fibonacci":      fibonacci,
		"reversed":       append([]uint32{0, 0, 1 << 20, 1 << 19, 0}, fibonacci[:25]...),
		"all the same":   {7, 7, 7, 7, 7},
		"two":            {0, 5, 0, 9},
		"powers of two":  {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536, 1 << 17},
		"all 286, alike": make([]uint32, maxLit),
		"all 286":        make([]uint32, maxLit),
	}
	for i := range maxLit {
		cases["all 286, alike"][i] = 3
		cases["all 286"][i] = r.Uint32N(1 << r.Uint32N(16))
	}
	for name, freq := range cases {
		for _, limit := range []int{7, maxCodeLen} {
			if limit == 7 && len(freq) > 100 {
				continue
			}
			lengths := make([]uint8, len(freq))
			codeLengths(lengths, freq, limit, make([]uint64, maxLit))
			space := 0
			for i, n := range lengths {
				require.Equal(t, freq[i] > 0, n > 0, name)
				require.LessOrEqual(t, int(n), limit)
				if n > 0 {
					space += 1 << (maxCodeLen - n)
				}
				for j, m := range lengths {
					require.False(t, freq[i] < freq[j] && n > 0 && n < m, "%s: %d and %d", name, i, j)
				}
			}
			require.Equal(t, 1<<maxCodeLen, space, name)
			requireDecodes(t, lengths)
		}
	}
}

func requireDecodes(t *testing.T, lengths []uint8) {
	t.Helper()
	codes := make([]code, len(lengths))
	assignCodes(codes, lengths)
	var table decodeTable
	require.True(t, table.init(lengths))
	for s, c := range codes {
		if c.len() == 0 {
			continue
		}
		acc := uint64(c&0xFFFF) | 0xABCD<<c.len()
		entry := uint(table.fast[acc&(1<<fastBits-1)])
		symbol, n := entry>>4, entry&15
		if n == 0 {
			symbol, n = table.long(acc)
		}
		require.Equal(t, uint(s), symbol)
		require.Equal(t, c.len(), n)
	}
}

func TestDecodeTableRefusesWhatIsNoCode(t *testing.T) {
	for name, c := range map[string]struct {
		lengths []uint8
		ok      bool
	}{
		"none":                    {make([]uint8, 10), true},
		"one of one bit":          {[]uint8{0, 1}, true},
		"one of two bits":         {[]uint8{2}, false},
		"complete":                {[]uint8{1, 2, 2}, true},
		"incomplete":              {[]uint8{2, 2, 2}, false},
		"over-subscribed":         {[]uint8{1, 1, 1}, false},
		"over-subscribed, longer": {[]uint8{1, 2, 3, 3, 15}, false},
	} {
		require.Equal(t, c.ok, new(decodeTable).init(c.lengths), name)
	}
}

func TestSymbolsOfLengthsAndDistances(t *testing.T) { // RFC 1951, 3.2.5
	for length := 3; length <= maxMatch; length++ {
		s := lengthSymbols[length-3]
		require.GreaterOrEqual(t, length, int(lengthBase[s]))
		require.Less(t, length-int(lengthBase[s]), 1<<lengthBits[s])
	}
	require.Equal(t, uint8(28), lengthSymbols[258-3])
	for back := 1; back <= 1<<maxBits; back++ {
		s := distSymbol(back)
		require.GreaterOrEqual(t, back, int(distBase[s]))
		require.Less(t, back-int(distBase[s]), 1<<distBits[s])
	}
}

// Positions wrap around after a gigabyte; what was found before is forgotten,
// and nothing wrong is found.
func TestMatcherSurvivesItsPositions(t *testing.T) {
	content := samples()["a phrase"]
	for _, bits := range []int{8, 15} {
		w := Window{Bits: bits, Takeover: true}
		c := NewCompressor(w, 0)
		var p puff
		p.read(t, c.Deflate(nil, content[:1000], true))
		c.matcher.shiftTo(1<<31 - 100)
		for range 3 {
			require.Equal(t, string(content[:50_000]), string(p.read(t, c.Deflate(nil, content[:50_000], true))))
		}
		require.Less(t, c.matcher.base, uint32(1<<30))

		c.matcher.shiftTo(1<<30 + 1)
		c.Rest()
		require.Equal(t, string(content[:5000]), string(p.read(t, c.Deflate(nil, content[:5000], true))))
	}
}

// shiftTo makes base the position at which m begins.
func (m *matcher) shiftTo(base uint32) {
	clear(m.head)
	m.base, m.low, m.hashed = base, base, 0
}
