package framing

import (
	"context"
	"fmt"
	"math"

	"github.com/wsflow/wsflow/flow"
)

// A LengthField says how frames are written that have their length in them. The field counts the bytes that come after
// it. It is no part of the frames that are decoded and encoded, which Decode(Encode(in)) shows: it gives what in does.
//
// The zero value is a length of four bytes, most significant first, before a frame of up to 1 MiB.
type LengthField struct {
	Width        int  // bytes of the field, 1 to 8; 0 means 4
	Offset       int  // bytes of the frame that stand before the field, such as its type
	LittleEndian bool // the least significant byte comes first
	Limit        int  // bytes of the longest frame, with those at its Offset; 0 means 1 MiB
}

const (
	lengthWidth = 4
	lengthMost  = 8
	lengthLimit = 1 << 20
)

// checked returns l with its defaults. What cannot work panics.
func (l LengthField) checked() LengthField {
	if l.Width == 0 {
		l.Width = lengthWidth
	}
	if l.Limit == 0 {
		l.Limit = lengthLimit
	}
	l.Limit = min(l.Limit, math.MaxInt-lengthMost) // with its field, the length of a frame is an int
	switch {
	case l.Width < 1 || l.Width > lengthMost:
		panic("framing: LengthField with a width that is not 1 to 8")
	case l.Offset < 0:
		panic("framing: LengthField with an offset of less than 0")
	case l.Limit < 1 || l.Limit < l.Offset:
		panic("framing: LengthField with a limit that no frame can keep")
	}
	return l
}

// Decode emits the frames of in, without their length fields. A frame of more than Limit bytes fails the stream with
// [ErrTooLong] as soon as its length is read; memory is taken as its bytes arrive, not as it is announced. A stream that
// is complete inside a frame fails with an error that wraps [io.ErrUnexpectedEOF]. Whose memory the frames are is said
// at the package; with an Offset they have memory of their own. Settings that cannot work panic.
//
//	in      --0 0 0 2 a b 0 0--0 1 c--|
//	Decode
//	out     --a b--------------c------|
func (l LengthField) Decode(in flow.Source[[]byte]) flow.Source[[]byte] {
	l = l.checked()
	return cutting("LengthField.Decode", in, func() cutter { return &lengthCutter{LengthField: l} })
}

// Encode emits each frame of in with its length field, in memory of its own. A frame of more than Limit bytes, or whose
// length the field cannot hold, fails the stream with [ErrTooLong]; so does one that is shorter than Offset, with an
// error that says so. Settings that cannot work panic.
//
//	in      --a b----------c----------|
//	Encode
//	out     --0 0 0 2 a b--0 0 0 1 c--|
func (l LengthField) Encode(in flow.Source[[]byte]) flow.Source[[]byte] {
	l = l.checked()
	return flow.TryMap(in, func(_ context.Context, frame []byte) ([]byte, error) {
		return l.append(make([]byte, 0, len(frame)+l.Width), frame)
	}).Named("LengthField.Encode")
}

// Bidi is a flow in each direction: Encode is down, where frames become bytes, and Decode is up.
func (l LengthField) Bidi() flow.Bidi[[]byte, []byte, []byte, []byte] {
	l = l.checked()
	return flow.Bidi[[]byte, []byte, []byte, []byte]{Down: l.Encode, Up: l.Decode}
}

func (l LengthField) append(dst, frame []byte) ([]byte, error) {
	if len(frame) > l.Limit {
		return nil, tooLong(l.Limit)
	}
	if len(frame) < l.Offset {
		return nil, fmt.Errorf("framing: a frame of %d bytes is shorter than the offset of its length, %d", len(frame), l.Offset)
	}
	length := uint64(len(frame) - l.Offset)
	if l.Width < 8 && length>>(8*l.Width) != 0 {
		return nil, fmt.Errorf("%w: %d bytes do not fit a length field of %d", ErrTooLong, length, l.Width)
	}
	dst = append(dst, frame[:l.Offset]...)
	for i := range l.Width {
		dst = append(dst, byte(length>>l.shift(i)))
	}
	return append(dst, frame[l.Offset:]...), nil
}

// shift is by how many bits the byte number i of the field is shifted.
func (l LengthField) shift(i int) int {
	if l.LittleEndian {
		return 8 * i
	}
	return 8 * (l.Width - 1 - i)
}

type lengthCutter struct {
	LengthField
	size int // of the frame with its field; 0 until that has come
}

func (l *lengthCutter) cut(frame, c []byte) (skip, n int, whole bool, err error) {
	have := len(frame) + len(c)
	if l.size == 0 {
		if have < l.Offset+l.Width {
			return 0, 0, false, nil
		}
		length := l.read(frame, c)
		if length > uint64(l.Limit-l.Offset) {
			return 0, 0, false, fmt.Errorf("%w: %d bytes announced, and %d allowed", ErrTooLong, length, l.Limit-l.Offset)
		}
		l.size = l.Offset + l.Width + int(length)
	}
	if have < l.size {
		return 0, 0, false, nil
	}
	n = l.size - len(frame)
	l.size = 0
	return 0, n, true, nil
}

// read returns the number in the field, which begins in frame or in c.
func (l *lengthCutter) read(frame, c []byte) (length uint64) {
	for i := range l.Width {
		at := l.Offset + i
		var b byte
		if at < len(frame) {
			b = frame[at]
		} else {
			b = c[at-len(frame)]
		}
		length |= uint64(b) << l.shift(i)
	}
	return length
}

func (l *lengthCutter) content(frame []byte) []byte {
	if l.Offset == 0 {
		return frame[l.Width:]
	}
	content := make([]byte, 0, len(frame)-l.Width)
	content = append(content, frame[:l.Offset]...)
	return append(content, frame[l.Offset+l.Width:]...)
}

func (l *lengthCutter) last(frame []byte) (whole bool, err error) {
	if len(frame) > 0 {
		return false, errTruncated
	}
	return false, nil
}
