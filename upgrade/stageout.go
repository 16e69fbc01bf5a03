package upgrade

import (
	"errors"
	"net"
	"time"

	"github.com/wsflow/wsflow/protocol"
)

// A wireError is what passing a frame down fails with when the network has failed: no stage did.
type wireError struct{ err error }

func (e *wireError) Error() string { return "upgrade: frame was not sent: " + e.err.Error() }
func (e *wireError) Unwrap() error { return e.err }

// Write cuts what the engine writes into frames and gives them to the stages. It returns when what has come of them has been
// given to the network.
func (s *staged) Write(b []byte) (int, error) {
	n := len(b)
	s.passing.Add(1)
	for len(b) > 0 {
		f, whole, rest := s.cutFrame(b)
		b = rest
		if !whole {
			continue
		}
		if s.pending()+protocol.MaxFrameHeader+len(f.Payload) > bufferSize {
			_ = s.flush(flushNow)
		}
		_ = s.out(f)
		s.cut = empty(s.cut)
	}
	s.passing.Add(-1)
	if err := s.flush(flushNow); err != nil {
		return 0, err
	}
	return n, nil
}

// cutFrame takes the frame that b begins with or goes on with, and reports whether it is whole. The engine masks none.
func (o *stagedOut) cutFrame(b []byte) (f Frame, whole bool, rest []byte) {
	if len(o.cut) == 0 {
		if h, n, err := protocol.ParseFrameHeader(b); err == nil && h.Length <= int64(len(b)-n) {
			end := n + int(h.Length)
			return frameOf(h, b[n:end:end]), true, b[end:]
		}
	}
	for {
		h, n, err := protocol.ParseFrameHeader(o.cut)
		missing := 1 // byte of the header
		if err == nil {
			missing = n + int(h.Length) - len(o.cut)
		}
		if missing == 0 {
			return frameOf(h, o.cut[n:]), true, b
		}
		if len(b) == 0 {
			return Frame{}, false, nil
		}
		o.cut = withRoom(o.cut, missing)
		missing = min(missing, len(b))
		o.cut, b = append(o.cut, b[:missing]...), b[missing:]
	}
}

func frameOf(h protocol.FrameHeader, payload []byte) Frame {
	return Frame{Fin: h.Fin, RSV: h.RSV, Opcode: h.Opcode, Masked: h.Masked, MaskKey: h.MaskKey, Payload: payload}
}

// toWire is the down of the first stage.
func (s *staged) toWire(f Frame) error {
	if s.failure.Load() != nil && f.Opcode != protocol.OpClose {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.busy && len(s.buf) >= flushAt && s.werr == nil {
		s.awaitChange()
	}
	switch {
	case s.werr != nil:
		return &wireError{s.werr}
	case s.c.gone.Err() != nil:
		return &wireError{net.ErrClosed}
	}
	before := len(s.buf)
	s.buf = withRoom(s.buf, protocol.MaxFrameHeader+len(f.Payload))
	buf, err := s.wr.Append(s.buf, f)
	if errors.Is(err, protocol.ErrCloseSent) {
		return nil
	}
	s.buf = buf
	s.appended += uint64(len(buf) - before)
	return err
}

// awaitChange lets go of mu until a write has ended, at its deadline at the latest.
func (o *stagedOut) awaitChange() {
	if o.changed == nil {
		o.changed = make(chan struct{})
	}
	changed := o.changed
	o.mu.Unlock()
	<-changed
	o.mu.Lock()
}

// bytesOut returns how many bytes were given to the network.
func (o *stagedOut) bytesOut() uint64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.flushed
}

func (o *stagedOut) pending() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.buf)
}

// flushLater flushes what a stage has added, or leaves it to whoever is writing: a reader that waited for other people's writes
// could wait for a peer who does the same.
func (s *staged) flushLater() {
	if err := s.flush(flushLater); err != nil {
		_ = s.c.lost(err)
	}
}

// flush writes what was passed down, and waits until it is written if it is to be now.
func (s *staged) flush(when flushing) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for target := s.appended; s.flushed < target && s.werr == nil; {
		switch {
		case !s.busy:
			s.writeOut()
		case when == flushNow:
			s.awaitChange()
		default:
			return nil
		}
	}
	return s.werr
}

// writeOut writes until nothing is pending. It is called with mu held, and lets go of it meanwhile.
func (s *staged) writeOut() {
	s.busy = true
	for len(s.buf) > 0 && s.werr == nil {
		buf := s.buf
		s.buf, s.spare = s.spare[:0], nil
		s.mu.Unlock()
		err := s.writePieces(buf)
		s.mu.Lock()
		s.flushed += uint64(len(buf))
		s.spare = empty(buf)
		if s.werr == nil {
			s.werr = err
		}
		if s.changed != nil {
			close(s.changed)
			s.changed = nil
		}
	}
	s.busy = false
}

// writePieces writes to the socket, each piece with its own deadline.
func (s *staged) writePieces(b []byte) error {
	for len(b) > 0 {
		if timeout := s.c.set.WriteTimeout; timeout > 0 {
			if now := time.Now(); s.deadline.Sub(now) < timeout { // see setWriteDeadline
				s.deadline = now.Add(timeout + timeout/4)
				if err := s.Conn.SetWriteDeadline(s.deadline); err != nil {
					return err
				}
			}
		}
		n := min(len(b), pieceSize)
		if _, err := s.Conn.Write(b[:n]); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}
