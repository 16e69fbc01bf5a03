package framing

import (
	"bytes"

	"github.com/wsflow/wsflow/flow"
)

// Delimiter cuts in at every delim, and emits what stands between, without the delimiters: of "a\n\nb\n" the frames are
// "a", "" and "b". A frame of more than limit bytes fails the stream with [ErrTooLong]. What comes after the last
// delimiter is a frame that was cut off, at which the stream fails with an error that wraps [io.ErrUnexpectedEOF]. Whose
// memory the frames are is said at the package. An empty delim panics, and so does a limit of less than 1.
//
//	in         --"one\ntw"--"o\n"--|
//	Delimiter  "\n", 100
//	out        --"one"------"two"--|
func Delimiter(in flow.Source[[]byte], delim []byte, limit int) flow.Source[[]byte] {
	if len(delim) == 0 {
		panic("framing: Delimiter without a delimiter")
	}
	if limit < 1 {
		panic("framing: Delimiter with a limit of less than 1")
	}
	delim = bytes.Clone(delim)
	return cutting("Delimiter", in, func() cutter { return &delimiter{delim: delim, limit: limit} })
}

type delimiter struct {
	delim []byte
	limit int
	seam  []byte
}

func (d *delimiter) cut(frame, c []byte) (skip, n int, whole bool, err error) {
	n, whole = d.find(frame, c)
	// The last bytes of what has not ended may be the beginning of a delimiter.
	length := len(frame) + len(c) - (len(d.delim) - 1)
	if whole {
		length = len(frame) + n - len(d.delim)
	}
	if length > d.limit {
		return 0, 0, false, tooLong(d.limit)
	}
	return 0, n, whole, nil
}

// find returns where in c the first delimiter ends. It may begin in frame.
func (d *delimiter) find(frame, c []byte) (n int, found bool) {
	if before := min(len(frame), len(d.delim)-1); before > 0 {
		d.seam = append(d.seam[:0], frame[len(frame)-before:]...)
		d.seam = append(d.seam, c[:min(len(c), len(d.delim)-1)]...)
		if i := bytes.Index(d.seam, d.delim); i >= 0 {
			return i + len(d.delim) - before, true
		}
	}
	i := bytes.Index(c, d.delim)
	return i + len(d.delim), i >= 0
}

func (d *delimiter) content(frame []byte) []byte { return frame[:len(frame)-len(d.delim)] }

func (d *delimiter) last(frame []byte) (whole bool, err error) {
	if len(frame) > 0 {
		return false, errTruncated
	}
	return false, nil
}
