package hixie

import (
	"errors"
	"io"
	"os"
	"time"

	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/hixie"
	"github.com/wsflow/wsflow/upgrade"
)

// readSize is how much is read at once.
const readSize = 4 << 10

// errTooBig tells the owner of a limit where it is set.
var errTooBig = errors.New("hixie: the limit is Settings.MaxMessage of the Upgrader")

// read is the reader: it hands messages on until the input has ended, and then waits for the end of the connection.
func (s *session) read(glued []byte) {
	defer close(s.gone)
	err := s.receive(glued)
	s.inputEnded(err)
	close(s.inbox)
	_ = s.nc.SetReadDeadline(time.Time{}) // the connection is closed in the end
	for waste := make([]byte, 512); ; {
		if _, err := s.nc.Read(waste); err != nil {
			if !errors.Is(err, io.EOF) { // a peer that has said all may still listen
				_ = s.lost(err)
			}
			return
		}
	}
}

// receive reads until the input has ended, and returns why.
func (s *session) receive(b []byte) error {
	buf := make([]byte, readSize)
	for {
		if err := s.take(b); err != nil {
			return err
		}
		if err := s.nc.SetReadDeadline(s.deadline()); err != nil {
			return err
		}
		n, err := s.nc.Read(buf)
		if n == 0 && err != nil {
			return err
		}
		b = buf[:n]
	}
}

// take handles bytes that have come.
func (s *session) take(b []byte) error {
	for {
		s.mu.Lock()
		ev, n, err := s.conn.Next(b)
		s.mu.Unlock()
		b = b[n:]
		if errors.Is(err, protocol.ErrShort) {
			return nil
		}
		if err != nil {
			return err
		}
		s.began = time.Time{}
		switch ev.Type {
		case hixie.EventOpen:
			if err := s.flush(); err != nil {
				return err
			}
			close(s.opened)
		case hixie.EventText:
			select {
			case s.inbox <- message.ValidText(ev.Text):
			case <-s.deaf:
			}
		case hixie.EventClose:
			return protocol.ErrClosed
		}
	}
}

// deadline is that of the next read.
func (s *session) deadline() time.Time {
	s.mu.Lock()
	open, inMessage := s.conn.IsOpen(), s.conn.InMessage()
	s.mu.Unlock()
	limit := s.set.MessageTimeout
	switch {
	case !open:
		limit = s.set.bodyTimeout
	case !inMessage:
		s.began = time.Time{}
		return time.Time{}
	case s.began.IsZero():
		s.began = time.Now()
	}
	if limit == 0 {
		return time.Time{}
	}
	return s.began.Add(limit)
}

// inputEnded takes note of why.
func (s *session) inputEnded(err error) {
	s.mu.Lock()
	open, inMessage := s.conn.IsOpen(), s.conn.InMessage()
	ended := errors.Is(err, io.EOF) && s.conn.Version() == hixie.Hixie75 && !inMessage
	s.mu.Unlock()
	violation, isViolation := errors.AsType[*protocol.CloseError](err)
	switch {
	case errors.Is(err, protocol.ErrClosed), ended:
		s.cancelLater(&protocol.CloseError{Code: protocol.CloseNoStatus, FromPeer: true})
	case isViolation:
		if violation.Code == protocol.CloseMessageTooBig {
			violation.Err = errTooBig
		}
		_ = s.fail(violation)
	case errors.Is(err, os.ErrDeadlineExceeded):
		reason := "message takes too long"
		if !open {
			reason = "body of the handshake takes too long"
		}
		_ = s.fail(&protocol.CloseError{Code: protocol.ClosePolicyViolation, Reason: reason, Err: err})
	case errors.Is(err, io.EOF):
		_ = s.fail(&protocol.CloseError{Code: protocol.CloseAbnormal, Reason: "connection ended without a close frame", Err: err})
	default:
		_ = s.lost(err)
	}
}

// cancelLater cancels the handler when its grace is over.
func (s *session) cancelLater(cause error) {
	if s.set.CloseGrace == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.grace = append(s.grace, time.AfterFunc(s.set.CloseGrace, func() { s.cancel(cause) }))
}

// goAway begins the end of the connection because the server shuts down.
func (s *session) goAway() {
	s.mu.Lock()
	quits := s.quits
	s.quits = true
	s.mu.Unlock()
	if !quits {
		close(s.quit)
		s.cancelLater(upgrade.ErrShutdown)
	}
}
