package deflate

import (
	"math/bits"
	"slices"
)

// A code is the Huffman code of a symbol: its bits, in the order in which they are
// sent, and behind them in the upper half how many there are.
type code uint32

func (c code) len() uint { return uint(c >> 16) }

// codeLengths computes how long the code of each symbol has to be, so that the
// whole is shortest and no code longer than limit. Symbols that do not occur get
// none. A single symbol gets one bit. It uses list, which has room for them all.
func codeLengths(lengths []uint8, freq []uint32, limit int, list []uint64) {
	clear(lengths)
	list = list[:0]
	for s, n := range freq {
		if n > 0 {
			list = append(list, uint64(n)<<16|uint64(s))
		}
	}
	if len(list) <= 2 {
		for _, v := range list {
			lengths[v&0xFFFF] = 1
		}
		return
	}
	slices.Sort(list)
	var work [maxLit]uint32
	depths := work[:len(list)]
	for i, v := range list {
		depths[i] = uint32(v >> 16)
	}
	minimumRedundancy(depths)
	var count [32]int // symbols by code length
	for _, d := range depths {
		count[min(int(d), len(count)-1)]++
	}
	limitLengths(&count, limit)
	// The rarest symbols come first and get the longest codes.
	at := 0
	for n := limit; n > 0; n-- {
		for range count[n] {
			lengths[list[at]&0xFFFF] = uint8(n)
			at++
		}
	}
}

// minimumRedundancy replaces frequencies in rising order by code lengths (Moffat
// and Katajainen, In-Place Calculation of Minimum-Redundancy Codes, 1995).
func minimumRedundancy(a []uint32) {
	n := len(a)
	leaf, root := 0, 0
	// The sums of pairs, each of the two smallest; a pair becomes the index of its sum.
	take := func(next int) (v uint32) {
		if leaf >= n || root < next && a[root] < a[leaf] {
			v = a[root]
			a[root] = uint32(next)
			root++
			return v
		}
		v = a[leaf]
		leaf++
		return v
	}
	for next := range n - 1 {
		first := take(next)
		a[next] = first + take(next)
	}
	// The depths of the sums.
	a[n-2] = 0
	for i := n - 3; i >= 0; i-- {
		a[i] = a[a[i]] + 1
	}
	// The depths of the leaves.
	available, used, depth := 1, 0, uint32(0)
	root, next := n-2, n-1
	for available > 0 {
		for root >= 0 && a[root] == depth {
			used++
			root--
		}
		for ; available > used; available-- {
			a[next] = depth
			next--
		}
		available, used = 2*used, 0
		depth++
	}
}

// limitLengths makes longer codes as long as limit, and then pays for that: as
// long as there are too many, one of those codes and the longest of the shorter
// ones become two of one bit more than that one.
func limitLengths(count *[32]int, limit int) {
	used := 0 // of 1<<limit
	for n := len(count) - 1; n > 0; n-- {
		if n > limit {
			count[limit] += count[n]
			count[n] = 0
			continue
		}
		used += count[n] << (limit - n)
	}
	for ; used > 1<<limit; used-- {
		n := limit - 1
		for count[n] == 0 {
			n--
		}
		count[limit]--
		count[n]--
		count[n+1] += 2
	}
}

// assignCodes gives each symbol the code that follows from the lengths of all
// (RFC 1951, 3.2.2).
func assignCodes(codes []code, lengths []uint8) {
	var count, next [maxCodeLen + 2]uint16
	for _, n := range lengths {
		count[n]++
	}
	count[0] = 0
	for n := 1; n <= maxCodeLen; n++ {
		next[n+1] = (next[n] + count[n]) << 1
	}
	for s, n := range lengths {
		if n == 0 {
			codes[s] = 0
			continue
		}
		codes[s] = code(bits.Reverse16(next[n])>>(16-n)) | code(n)<<16
		next[n]++
	}
}

var fixedLitCodes, fixedDistCodes = func() (lit [288]code, dist [maxDist]code) {
	assignCodes(lit[:], fixedLitLengths[:])
	for i := range dist {
		dist[i] = code(bits.Reverse8(uint8(i))>>3) | 5<<16
	}
	return lit, dist
}()
