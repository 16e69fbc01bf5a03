package deflate

// What a block costs before its content, in bits, and the symbols of the
// sequence of code lengths.
const (
	headerBits = 3

	blockStored  = 0 << 1
	blockFixed   = 1 << 1
	blockDynamic = 2 << 1

	repeatLast = 16 // 3 to 6 times
	zeros      = 17 // 3 to 10
	manyZeros  = 18 // 11 to 138

	// With fewer tokens codes of their own cannot pay.
	minDynamic = 48
)

// blockCodes are the codes of a block of its own, and how they are told.
type blockCodes struct {
	litLengths  [maxLit]uint8
	distLengths [maxDist]uint8
	lit         [maxLit]code
	dist        [maxDist]code
	nlit, ndist int

	// The sequence of both lengths, with repetitions: symbol | extra bits<<8.
	sequence    []uint16
	metaFreq    [19]uint32
	metaLengths [19]uint8
	meta        [19]code
	nmeta       int

	list [maxLit]uint64
}

// writeBlock writes a block with what t holds, in the form that is shortest. raw
// is the same, not as tokens.
//
// None of the blocks is the last one: RFC 7692, 7.2.1, allows either, and a final
// one would have to be followed by another.
func (w *bitWriter) writeBlock(t *tokens, raw []byte) {
	fixed := headerBits + t.extra
	for s, n := range t.lit {
		fixed += int(n) * int(fixedLitLengths[s])
	}
	for _, n := range t.dist {
		fixed += int(n) * 5
	}
	best := fixed
	if len(t.list) >= minDynamic {
		best = min(best, t.block.build(t))
	}
	if headerBits+7+32+8*len(raw) < best {
		w.writeStored(raw)
		return
	}
	if best == fixed {
		w.put(blockFixed, headerBits)
		w.writeTokens(t.list, fixedLitCodes[:maxLit], fixedDistCodes[:])
		return
	}
	t.block.assign()
	w.writeCodes(&t.block)
	w.writeTokens(t.list, t.block.lit[:], t.block.dist[:])
}

// writeStored writes a block that is not compressed (RFC 1951, 3.2.4). raw is at
// most 32 KiB.
func (w *bitWriter) writeStored(raw []byte) {
	w.put(blockStored, headerBits)
	w.align()
	n := len(raw)
	w.dst = append(w.dst, byte(n), byte(n>>8), ^byte(n), ^byte(n>>8))
	w.dst = append(w.dst, raw...)
}

func (w *bitWriter) writeTokens(list []token, lit, dist []code) {
	for _, t := range list {
		if t&matchFlag == 0 {
			w.code(lit[t])
			continue
		}
		n, back := uint32(t>>16)&0xFF, uint(t&0x7FFF)+1
		l := lengthSymbols[n]
		w.code(lit[endOfBlock+1+int(l)])
		w.put(n+3-uint32(lengthBase[l]), uint(lengthBits[l]))
		d := distSymbol(int(back))
		w.code(dist[d])
		w.put(uint32(back)-uint32(distBase[d]), uint(distBits[d]))
	}
	w.code(lit[endOfBlock])
}

// build computes the code lengths for t and returns the bits of a block with them.
func (b *blockCodes) build(t *tokens) int {
	codeLengths(b.litLengths[:], t.lit[:], maxCodeLen, b.list[:])
	codeLengths(b.distLengths[:], t.dist[:], maxCodeLen, b.list[:])
	for b.nlit = maxLit; b.litLengths[b.nlit-1] == 0; b.nlit-- {
	}
	// RFC 1951, 3.2.7: "One distance code of zero bits means that there are no
	// distance codes used at all".
	for b.ndist = maxDist; b.ndist > 1 && b.distLengths[b.ndist-1] == 0; b.ndist-- {
	}
	b.sequence = b.sequence[:0]
	clear(b.metaFreq[:])
	b.runs(b.litLengths[:b.nlit])
	b.runs(b.distLengths[:b.ndist])
	codeLengths(b.metaLengths[:], b.metaFreq[:], 7, b.list[:])
	for b.nmeta = 19; b.nmeta > 4 && b.metaLengths[codeOrder[b.nmeta-1]] == 0; b.nmeta-- {
	}

	size := headerBits + 14 + 3*b.nmeta + t.extra
	for s, n := range b.metaFreq {
		size += int(n) * (int(b.metaLengths[s]) + int(metaExtra(uint16(s))))
	}
	for s, n := range t.lit {
		size += int(n) * int(b.litLengths[s])
	}
	for s, n := range t.dist {
		size += int(n) * int(b.distLengths[s])
	}
	return size
}

// runs adds lengths to the sequence, runs of the same length as repetitions.
func (b *blockCodes) runs(lengths []uint8) {
	for i := 0; i < len(lengths); {
		v, n := lengths[i], 1
		for i+n < len(lengths) && lengths[i+n] == v {
			n++
		}
		i += n
		for v == 0 && n >= 3 {
			if k := min(n, 138); k > 10 {
				b.element(manyZeros, k-11)
				n -= k
			} else {
				b.element(zeros, k-3)
				n -= k
			}
		}
		if v != 0 {
			b.element(uint16(v), 0)
			for n--; n >= 3; {
				k := min(n, 6)
				b.element(repeatLast, k-3)
				n -= k
			}
		}
		for ; n > 0; n-- {
			b.element(uint16(v), 0)
		}
	}
}

func (b *blockCodes) element(symbol uint16, extra int) {
	b.sequence = append(b.sequence, symbol|uint16(extra)<<8)
	b.metaFreq[symbol]++
}

// metaExtra returns the number of extra bits behind a symbol of the sequence.
func metaExtra(symbol uint16) uint {
	switch symbol {
	case repeatLast:
		return 2
	case zeros:
		return 3
	case manyZeros:
		return 7
	}
	return 0
}

// assign computes the codes for the lengths.
func (b *blockCodes) assign() {
	assignCodes(b.lit[:], b.litLengths[:b.nlit])
	assignCodes(b.dist[:], b.distLengths[:b.ndist])
	assignCodes(b.meta[:], b.metaLengths[:])
}

// writeCodes writes the header of a block with codes of its own (RFC 1951, 3.2.7).
func (w *bitWriter) writeCodes(b *blockCodes) {
	w.put(blockDynamic, headerBits)
	w.put(uint32(b.nlit-257), 5)
	w.put(uint32(b.ndist-1), 5)
	w.put(uint32(b.nmeta-4), 4)
	for _, s := range codeOrder[:b.nmeta] {
		w.put(uint32(b.metaLengths[s]), 3)
	}
	for _, e := range b.sequence {
		symbol := e & 0xFF
		w.code(b.meta[symbol])
		w.put(uint32(e>>8), metaExtra(symbol))
	}
}
