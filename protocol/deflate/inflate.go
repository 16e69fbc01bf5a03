package deflate

import (
	"encoding/binary"
	"errors"
	"sync"
)

// What ends a run of an inflater without an end of the message.
var (
	errInput  = errors.New("deflate: more input is needed")
	errRoom   = errors.New("deflate: no room for more output")
	errLimit  = errors.New("deflate: too much output")
	errData   = errors.New("deflate: data is corrupt")
	errWindow = errors.New("deflate: distance reaches beyond the window")

	errTruncated = errors.New("deflate: data ends too soon")
)

type state uint8

const (
	atBlock    state = iota // between two blocks
	inLength                // of a stored block
	inStored                // in its bytes
	inCounts                // of a block with codes of its own: how many there are
	inMeta                  // the codes for code lengths
	inLengths               // the code lengths
	inSymbols               // its content
	inCopy                  // a match for which the room did not suffice
	afterFinal              // a block with BFINAL has ended
)

// An inflater decodes DEFLATE (RFC 1951) that arrives in pieces of any size. It
// is needed only while a message is open. Nothing is consumed by halves: what
// cannot be decoded for want of input stays in acc.
type inflater struct {
	acc   uint64 // input that is not yet decoded, from its lowest bit
	nb    uint   // so many bits of it; above them is 0
	src   []byte // the input, while run runs
	state state
	final bool

	rest, back int // of a stored block or a match: bytes to come, and their distance

	lit, dist               *decodeTable
	nlit, ndist, nmeta, got int
	lengths                 [maxLit + 2 + 32]uint8
	ownLit, ownDist         decodeTable
}

var inflaters = sync.Pool{New: func() any { return new(inflater) }}

// reset makes f ready for another message.
func (f *inflater) reset() {
	f.acc, f.nb, f.src, f.state, f.final = 0, 0, nil, atBlock, false
}

// atEnd reports whether the input may end here: a block has ended with its last
// byte. That is so for an empty payload, for one whose sender has not left out
// what [messageTail] adds, and behind a block with BFINAL to which the sender has
// not added an empty one. None of them loses anything.
func (f *inflater) atEnd() bool { return f.state == atBlock && f.nb == 0 }

// An output is where a run writes to, and what it may reach back into.
type output struct {
	buf    []byte // as long as its capacity
	at     int    // where the next byte goes
	base   int    // where the bytes of this run begin
	limit  int    // the position that may not be passed, perhaps far behind buf
	window *window
	reach  int // the largest distance that was agreed
}

// run decodes f.src, until an error tells why it goes no further.
func (f *inflater) run(o *output) (err error) {
	for err == nil {
		switch f.state {
		case atBlock:
			err = f.block()
		case inLength:
			err = f.storedLength()
		case inStored:
			err = f.stored(o)
		case inCounts:
			err = f.counts()
		case inMeta:
			err = f.meta()
		case inLengths:
			err = f.codeLengths()
		case inSymbols:
			err = f.symbols(o)
		case inCopy:
			err = f.copy(o)
		case afterFinal:
			// RFC 7692, 7.2.1, lets a sender use blocks "with the "BFINAL" bit set
			// to 1", which are padded to a byte (RFC 7692, 7.2.3.4), since a stream
			// would end there. Here the next block follows.
			f.skip(f.nb & 7)
			f.state = atBlock
		}
	}
	return err
}

// fill takes input until there are n bits, at most 48.
func (f *inflater) fill(n uint) error {
	for f.nb < n {
		if len(f.src) == 0 {
			return errInput
		}
		f.acc |= uint64(f.src[0]) << f.nb
		f.src = f.src[1:]
		f.nb += 8
	}
	return nil
}

func (f *inflater) skip(n uint) {
	f.acc >>= n
	f.nb -= n
}

func (f *inflater) take(n uint) int {
	v := int(f.acc & (1<<n - 1))
	f.skip(n)
	return v
}

// block reads the header of a block (RFC 1951, 3.2.3).
func (f *inflater) block() error {
	if err := f.fill(3); err != nil {
		return err
	}
	f.final = f.take(1) == 1
	switch f.take(2) {
	case 0:
		f.skip(f.nb & 7)
		f.state = inLength
	case 1:
		f.lit, f.dist = fixedLit, fixedDist
		f.state = inSymbols
	case 2:
		f.state = inCounts
	default:
		return errData
	}
	return nil
}

// endBlock goes to what follows a block.
func (f *inflater) endBlock() {
	f.state = atBlock
	if f.final {
		f.state = afterFinal
	}
}

func (f *inflater) storedLength() error {
	if err := f.fill(32); err != nil {
		return err
	}
	n, inverse := f.take(16), f.take(16)
	if n != ^inverse&0xFFFF {
		return errData
	}
	f.rest, f.state = n, inStored
	return nil
}

func (f *inflater) stored(o *output) error {
	if o.at+f.rest > o.limit {
		return errLimit
	}
	for f.rest > 0 {
		if o.at == len(o.buf) {
			return errRoom
		}
		if f.nb > 0 { // whole bytes, since the length was aligned
			o.buf[o.at] = byte(f.take(8))
			o.at++
			f.rest--
			continue
		}
		if len(f.src) == 0 {
			return errInput
		}
		n := copy(o.buf[o.at:], f.src[:min(f.rest, len(f.src))])
		f.src = f.src[n:]
		o.at += n
		f.rest -= n
	}
	f.endBlock()
	return nil
}

// symbols decodes literals and matches. It consumes a match as a whole, at most
// 15+5+15+13 bits.
func (f *inflater) symbols(o *output) error {
	acc, nb, src := f.acc, f.nb, f.src
	lit := f.lit
	at, end := o.at, min(len(o.buf), o.limit)
	var err error
	for err == nil {
		if nb < 48 {
			if len(src) >= 8 {
				acc |= binary.LittleEndian.Uint64(src) << nb
				n := (63 - nb) >> 3
				src, nb = src[n:], nb+n<<3
				acc &= 1<<nb - 1
			} else {
				for nb < 56 && len(src) > 0 {
					acc |= uint64(src[0]) << nb
					src, nb = src[1:], nb+8
				}
			}
		}
		entry := uint(lit.fast[acc&(1<<fastBits-1)])
		symbol, n := entry>>4, entry&15
		if n == 0 {
			symbol, n = lit.long(acc)
		}
		if n == 0 || n > nb {
			err = lacking(nb)
			break
		}
		if symbol < endOfBlock {
			if at == end {
				err = o.full(at + 1)
				break
			}
			o.buf[at] = byte(symbol)
			at++
			acc, nb = acc>>n, nb-n
			continue
		}
		f.acc, f.nb, o.at = acc>>n, nb-n, at
		if symbol == endOfBlock {
			f.src = src
			f.endBlock()
			return nil
		}
		if err = f.match(symbol-endOfBlock-1, o); err == nil {
			acc, nb, at = f.acc, f.nb, o.at
		} else if err == errRoom { // the match is decoded, its copying is not done
			f.src = src
			return err
		}
	}
	f.acc, f.nb, f.src, o.at = acc, nb, src, at
	return err
}

// lacking says why no code was found in nb bits: there may be one with more.
func lacking(nb uint) error {
	if nb < maxCodeLen {
		return errInput
	}
	return errData
}

// full says why there is no room for output up to the position to.
func (o *output) full(to int) error {
	if to > o.limit {
		return errLimit
	}
	return errRoom
}

// match decodes a length, of which symbol is the first part, and its distance,
// and copies what they tell. On an error but errRoom the caller takes back what
// was consumed.
func (f *inflater) match(symbol uint, o *output) error {
	if symbol >= uint(len(lengthBase)) {
		return errData
	}
	extra := uint(lengthBits[symbol])
	acc, nb := f.acc>>extra, f.nb-extra
	if f.nb < extra {
		return errInput
	}
	length := int(lengthBase[symbol]) + int(f.acc&(1<<extra-1))
	entry := uint(f.dist.fast[acc&(1<<fastBits-1)])
	symbol, n := entry>>4, entry&15
	if n == 0 {
		symbol, n = f.dist.long(acc)
	}
	if n == 0 || n > nb {
		return lacking(nb)
	}
	if symbol >= maxDist {
		return errData
	}
	acc, nb, extra = acc>>n, nb-n, uint(distBits[symbol])
	if nb < extra {
		return errInput
	}
	back := int(distBase[symbol]) + int(acc&(1<<extra-1))
	if back > o.reach || back > o.at-o.base+len(o.window.buf) {
		return errWindow
	}
	if o.at+length > o.limit {
		return errLimit
	}
	f.acc, f.nb, f.rest, f.back = acc>>extra, nb-extra, length, back
	return f.copy(o)
}

// copy copies the rest of a match, as far as there is room.
func (f *inflater) copy(o *output) error {
	to := min(len(o.buf), o.at+f.rest)
	f.rest -= to - o.at
	if behind := f.back - (o.at - o.base); behind > 0 {
		o.at += o.window.copyTo(o.buf[o.at:to], behind)
	}
	for from := o.at - f.back; o.at < to; { // doubling, where source and target overlap
		o.at += copy(o.buf[o.at:to], o.buf[from:o.at])
	}
	f.state = inSymbols
	if f.rest > 0 {
		f.state = inCopy
		return errRoom
	}
	return nil
}
