package framing

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/wsflow/wsflow/flow"
)

// ErrTooLong is what a stream fails with when a frame is longer than its limit, as soon as that is known.
var ErrTooLong = errors.New("framing: frame is too long")

func tooLong(limit int) error {
	return fmt.Errorf("%w: more than %d bytes", ErrTooLong, limit)
}

var errTruncated = fmt.Errorf("framing: the stream ends inside a frame: %w", io.ErrUnexpectedEOF)

// A cutter knows where the frames of one stream end.
type cutter interface {
	// cut looks at c, which comes after frame, the beginning of a frame. It leaves out the first skip bytes of c, if
	// frame is empty, and then says whether the frame is whole with the next n. If it is not, all of c belongs to it. It
	// fails if the frame is too long, and so bounds what is kept of it.
	cut(frame, c []byte) (skip, n int, whole bool, err error)

	// content returns what is emitted of a whole frame.
	content(frame []byte) []byte

	// last looks at what there is of a frame when the stream is complete. It is emitted if it is whole.
	last(frame []byte) (whole bool, err error)
}

// cutting is an operator that emits the frames of in. newCutter is called for each run.
func cutting(name string, in flow.Source[[]byte], newCutter func() cutter) flow.Source[[]byte] {
	return flow.Operator(name, in, func(ctx context.Context, emit func([]byte) error, end func(error)) (func([]byte) error, func(error)) {
		f := &framer{ctx: ctx, cutter: newCutter(), emit: emit}
		return f.take, func(err error) {
			if err == nil {
				err = f.last()
			}
			end(err)
		}
	})
}

// A framer is one run of an operator that emits frames.
type framer struct {
	ctx    context.Context
	cutter cutter
	emit   func([]byte) error
	frame  []byte // the beginning of a frame, in memory of its own
}

func (f *framer) take(c []byte) error {
	for again := false; len(c) > 0; again = true {
		skip, n, whole, err := f.cutter.cut(f.frame, c)
		if err != nil {
			return err
		}
		c = c[skip:]
		if !whole {
			f.frame = append(f.frame, c...)
			return nil
		}
		if again && f.ctx.Err() != nil {
			return context.Cause(f.ctx)
		}
		frame := c[:n]
		if len(f.frame) > 0 {
			frame = append(f.frame, frame...)
			f.frame = nil
		}
		c = c[n:]
		if err := f.handOn(frame); err != nil {
			return err
		}
	}
	return nil
}

func (f *framer) handOn(frame []byte) error {
	content := f.cutter.content(frame)
	return f.emit(content[:len(content):len(content)])
}

// last emits what the end of the stream has made whole.
func (f *framer) last() error {
	whole, err := f.cutter.last(f.frame)
	if err != nil || !whole {
		return err
	}
	return f.handOn(f.frame)
}
