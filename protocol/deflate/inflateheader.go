package deflate

// counts reads how many codes a block has of its own (RFC 1951, 3.2.7).
func (f *inflater) counts() error {
	if err := f.fill(14); err != nil {
		return err
	}
	f.nlit, f.ndist, f.nmeta = f.take(5)+257, f.take(5)+1, f.take(4)+4
	if f.nlit > maxLit || f.ndist > maxDist {
		return errData
	}
	f.got, f.state = 0, inMeta
	clear(f.lengths[:len(codeOrder)])
	return nil
}

// meta reads the lengths of the codes for code lengths.
func (f *inflater) meta() error {
	for ; f.got < f.nmeta; f.got++ {
		if err := f.fill(3); err != nil {
			return err
		}
		f.lengths[codeOrder[f.got]] = uint8(f.take(3))
	}
	if !f.ownDist.init(f.lengths[:len(codeOrder)]) {
		return errData
	}
	f.got, f.state = 0, inLengths
	return nil
}

// codeLengths reads the code lengths of literals and distances, which are one
// sequence with repetitions.
func (f *inflater) codeLengths() error {
	for f.got < f.nlit+f.ndist {
		if err := f.codeLength(); err != nil {
			return err
		}
	}
	// A block without an end could not end.
	if f.lengths[endOfBlock] == 0 ||
		!f.ownLit.init(f.lengths[:f.nlit]) || !f.ownDist.init(f.lengths[f.nlit:f.got]) {
		return errData
	}
	f.lit, f.dist = &f.ownLit, &f.ownDist
	f.state = inSymbols
	return nil
}

// codeLength reads one element of the sequence, at most 7+7 bits.
func (f *inflater) codeLength() error {
	starved := f.fill(14) != nil // less may do
	entry := uint(f.ownDist.fast[f.acc&(1<<fastBits-1)])
	symbol, n := entry>>4, entry&15
	if n == 0 || n > f.nb {
		if starved {
			return errInput
		}
		return errData
	}
	if symbol < 16 {
		f.skip(n)
		f.lengths[f.got] = uint8(symbol)
		f.got++
		return nil
	}
	extra, least, value := uint(2), 3, uint8(0)
	switch symbol {
	case 16:
		if f.got == 0 {
			return errData
		}
		value = f.lengths[f.got-1]
	case 17:
		extra = 3
	default:
		extra, least = 7, 11
	}
	if n+extra > f.nb {
		return errInput
	}
	f.skip(n)
	repeat := least + f.take(extra)
	if f.got+repeat > f.nlit+f.ndist {
		return errData
	}
	for range repeat {
		f.lengths[f.got] = value
		f.got++
	}
	return nil
}
