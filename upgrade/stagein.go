package upgrade

import (
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/wsflow/wsflow/protocol"
)

// stagedIn is the inbound half of staged. It belongs to the owner of the reader.
type stagedIn struct {
	rd     protocol.Reader
	raw    []byte // what was read and not yet consumed is raw[r:w]
	r, w   int
	shared *buffer // whose memory raw is, or nil
	small  []byte
	short  bool   // raw has no more to tell
	frame  []byte // the payload so far of a frame that comes in pieces
	ready  []byte // for the engine, from at on
	at     int
	err    error // that reading ends with
	deaf   bool  // what still comes is for nobody

	bytesIn, controlIn, piecesIn atomic.Uint64
}

// inFrame reports whether a message has begun, or a frame, and not ended.
func (s *stagedIn) inFrame() bool { return s.rd.InMessage() || s.r < s.w }

// Read returns the bytes of frames that the stages have passed up. It returns none if what it has read of the socket did not
// make one, so that whoever waits looks at its deadlines.
func (s *staged) Read(p []byte) (int, error) {
	if s.deaf {
		n, err := s.Conn.Read(p)
		s.bytesIn.Add(uint64(n))
		return n, err
	}
	for first := true; ; first = false {
		if n := s.take(p); n > 0 || len(p) == 0 {
			return n, nil
		}
		if failure := s.failure.Load(); failure != nil {
			return 0, failure
		}
		if s.err != nil {
			return 0, s.err
		}
		if s.short {
			if !first {
				return 0, nil
			}
			if n, err := s.fill(); n == 0 {
				return 0, err
			}
		}
		// The reader does not wait for its peer while stages are at work, see pongDue.
		s.c.waits.Add(1)
		for s.short = false; !s.short && s.err == nil && len(s.ready)-s.at < len(p) && s.failure.Load() == nil; {
			s.next()
		}
		s.c.waits.Add(1)
	}
}

// take gives what is ready.
func (s *stagedIn) take(p []byte) int {
	n := copy(p, s.ready[s.at:])
	if s.at += n; s.at == len(s.ready) {
		s.ready, s.at = empty(s.ready), 0
	}
	return n
}

// withRoom returns b with room for n more bytes, in pooled memory where that is large enough and b would be much to hold.
func withRoom(b []byte, n int) []byte {
	switch {
	case cap(b)-len(b) >= n:
		return b
	case len(b)+n <= smallBuffer || len(b)+n > bufferSize:
		return slices.Grow(b, n)
	}
	pooled := buffers.Get().(*buffer)
	larger := append(pooled[:0], b...)
	empty(b)
	return larger
}

// empty returns b without its content, and without its memory if that is much to hold.
func empty(b []byte) []byte {
	switch {
	case cap(b) <= smallBuffer:
		return b[:0]
	case cap(b) == bufferSize:
		buffers.Put((*buffer)(b[:bufferSize]))
	}
	return nil
}

// fill reads more of the socket once: a long payload straight to its frame, whose memory grows with what arrives.
func (s *staged) fill() (n int, err error) {
	defer func() { s.bytesIn.Add(uint64(n)) }()
	if s.r == s.w && s.rd.Remaining() >= directRead {
		return s.fillFrame()
	}
	rest := s.raw[s.r:s.w] // of a header or a control frame
	if s.shared == nil || len(rest) == 0 {
		if s.small == nil {
			s.small = make([]byte, smallBuffer)
		}
		s.raw, s.r, s.w = s.small, 0, copy(s.small, rest)
		if s.shared != nil {
			buffers.Put(s.shared)
			s.shared = nil
		}
	} else {
		s.r, s.w = 0, copy(s.raw, rest)
	}
	n, err = s.readSocket(s.raw[s.w:])
	s.w += n
	if s.w == len(s.raw) && s.shared == nil {
		s.shared = buffers.Get().(*buffer)
		copy(s.shared[:], s.raw)
		s.raw = s.shared[:]
	}
	return n, err
}

// fillFrame reads the next bytes of the payload that is arriving.
func (s *staged) fillFrame() (int, error) {
	if room := cap(s.frame) - len(s.frame); room == 0 || len(s.frame) < smallBuffer {
		s.frame = withRoom(s.frame, int(min(s.rd.Remaining(), bufferSize)))
	}
	space := s.frame[len(s.frame):cap(s.frame)]
	space = space[:min(int64(len(space)), s.rd.Remaining())]
	n, err := s.readSocket(space)
	if n > 0 && s.err == nil {
		var ev protocol.Event
		if ev, _, s.err = s.rd.Next(space[:n]); s.err == nil {
			s.frame = s.frame[:len(s.frame)+n]
			s.data(ev, s.frame)
		}
	}
	return n, err
}

// readSocket reads once, and judges how much came.
func (s *staged) readSocket(p []byte) (int, error) {
	s.c.rates.waits()
	n, err := s.Conn.Read(p)
	s.c.rates.waited()
	if n > 0 {
		s.err = s.c.rates.came(n)
	}
	return n, err
}

// next consumes an event of what was read, and gives the frame to the stages that is whole with it.
func (s *staged) next() {
	ev, n, err := s.rd.Next(s.raw[s.r:s.w])
	s.r += n
	switch {
	case errors.Is(err, protocol.ErrShort), errors.Is(err, protocol.ErrClosed):
		s.short = true
	case err != nil:
		s.err = err
	case s.breaksRate(ev):
	case ev.Type != protocol.EventData:
		s.controlIn.Add(1)
		s.pass(ev.Payload)
	case s.rd.Remaining() == 0 && len(s.frame) == 0:
		s.data(ev, ev.Payload)
	default:
		s.frame = append(withRoom(s.frame, len(ev.Payload)), ev.Payload...)
		s.data(ev, s.frame)
	}
}

// breaksRate reports whether an event is more than the rates allow for, which ends reading.
func (s *staged) breaksRate(ev protocol.Event) bool {
	s.err = s.c.rates.judge(ev)
	return s.err != nil
}

// data takes a piece of a message, with the payload so far of its frame.
func (s *staged) data(ev protocol.Event, payload []byte) {
	s.piecesIn.Add(1)
	if ev.End || s.c.set.Streaming { // see nextData
		s.c.due = time.Time{}
	}
	if s.rd.Remaining() == 0 {
		s.pass(payload)
		s.frame = empty(s.frame)
	}
}

// pass gives a frame to the stages.
func (s *staged) pass(payload []byte) {
	h := s.rd.Header()
	err := s.call(s.in, Frame{
		Fin: h.Fin, RSV: h.RSV, Opcode: h.Opcode, Masked: h.Masked, MaskKey: h.MaskKey, Payload: payload,
	})
	if lost, ok := errors.AsType[*wireError](err); ok {
		s.err = lost.err
	}
}

// toEngine is the up of the last stage.
func (s *staged) toEngine(f Frame) error {
	s.ready = f.Append(withRoom(s.ready, protocol.MaxFrameHeader+len(f.Payload)))
	return nil
}
