package hixie

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/hixie"
	"github.com/wsflow/wsflow/upgrade"
)

// A session is one connection. Two goroutines work for it: one reads, at most one message ahead of the handler, and one
// runs the handler and ends the connection.
type session struct {
	nc     net.Conn
	set    settings
	ctx    context.Context // done when nothing more can be sent, and for the handler a reason to end
	cancel context.CancelCauseFunc

	mu    sync.Mutex
	conn  *hixie.Conn
	cause *protocol.CloseError // what the input failed with, or nil
	quits bool                 // quit is closed
	grace []*time.Timer        // what cancels the handler

	writes   chan struct{}        // a lock that is held across writes
	inbox    chan message.Message // closed when the input has ended
	opened   chan struct{}        // closed when the handshake is complete
	quit     chan struct{}        // closed when the server shuts down: the input completes
	deaf     chan struct{}        // closed when nobody takes messages any more
	gone     chan struct{}        // closed when the reader has ended
	consumed atomic.Bool

	began time.Time // of the handshake or of the message that is open; the reader's
}

func newSession(ctx context.Context, nc net.Conn, conn *hixie.Conn, set settings) *session {
	s := &session{
		nc: nc, set: set, conn: conn, began: time.Now(),
		writes: make(chan struct{}, 1), inbox: make(chan message.Message),
		opened: make(chan struct{}), quit: make(chan struct{}), deaf: make(chan struct{}), gone: make(chan struct{}),
	}
	s.ctx, s.cancel = context.WithCancelCause(ctx)
	return s
}

// serve lives as long as the connection does.
func (s *session) serve(h upgrade.Handler, glued []byte) {
	go s.read(glued)
	failure := make(chan error, 1)
	// Deferred, so that a handler that leaves its goroutine (runtime.Goexit) leaves no connection open.
	defer func() { s.finish(<-failure) }()
	if s.flush() != nil {
		failure <- nil
		return
	}
	select {
	case <-s.opened:
	case <-s.quit:
	case <-s.ctx.Done():
	}
	select {
	case <-s.opened: // whatever else has happened, the handler sees
	default:
		failure <- nil
		return
	}
	var out flow.Source[message.Message]
	flow.Guard(func(err error) {
		if err != nil {
			failure <- err
		}
	}, func() error {
		out = h(s.source())
		return nil
	})
	if len(failure) == 0 {
		out.Start(s.ctx, s.emit, func(err error) { failure <- err })
	}
}

// source is the handler's input.
func (s *session) source() flow.Source[message.Message] {
	return flow.FromFunc(func(ctx context.Context, emit func(message.Message) error) error {
		if s.consumed.Swap(true) {
			return flow.ErrConsumed
		}
		for {
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-s.quit:
				return nil
			case m, ok := <-s.inbox:
				if !ok {
					return s.inputEnd()
				}
				if err := emit(m); err != nil {
					return err
				}
			}
		}
	}).Named("hixie.Conn")
}

// inputEnd is what the input ends with: nil if the peer has closed in good order.
func (s *session) inputEnd() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cause == nil {
		return nil
	}
	return s.cause
}

// emit sends a message of the handler's.
func (s *session) emit(m message.Message) error {
	if !m.IsText() {
		return fmt.Errorf("handler sent a %v message: %w", m.Kind(), hixie.ErrTextOnly)
	}
	if !m.IsStrict() {
		var err error
		if m, err = s.collect(m); err != nil {
			return err
		}
	}
	select {
	case s.writes <- struct{}{}:
	case <-s.ctx.Done():
		return context.Cause(s.ctx)
	}
	defer func() { <-s.writes }()
	s.mu.Lock()
	err := s.conn.Send(protocol.OpText, m.Bytes())
	out := s.conn.Output()
	s.mu.Unlock()
	if errors.Is(err, protocol.ErrCloseSent) {
		return s.lost(err)
	}
	if err != nil {
		return err
	}
	return s.write(out)
}

// collect makes a streamed message a strict one. A handler that closes with a CloseError says so; one whose message is
// too long does not, and fails with an error that is logged.
func (s *session) collect(m message.Message) (message.Message, error) {
	limit := s.set.MaxMessage
	switch {
	case limit == 0:
		limit = protocol.DefaultMaxMessage
	case limit < 0:
		limit = math.MaxInt
	}
	m, err := m.Strict(s.ctx, int(min(limit, math.MaxInt)))
	if e, ok := errors.AsType[*protocol.CloseError](err); ok && e.Code == protocol.CloseMessageTooBig && !e.FromPeer {
		err = fmt.Errorf("handler streamed a message that is longer than Settings.MaxMessage: %v", err)
	}
	return m, err
}

// flush writes what the connection has to say by itself.
func (s *session) flush() error {
	s.writes <- struct{}{} // whoever has it is bounded by the write deadline
	defer func() { <-s.writes }()
	s.mu.Lock()
	out := s.conn.Output()
	s.mu.Unlock()
	return s.write(out)
}

// write writes to the socket. The caller has the lock.
func (s *session) write(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	err := s.nc.SetWriteDeadline(after(s.set.WriteTimeout))
	if err == nil {
		_, err = s.nc.Write(b)
	}
	if err != nil {
		_ = s.nc.Close()
		return s.lost(err)
	}
	return nil
}

// lost ends the connection because the network did, or because of an earlier end, and returns the cause.
func (s *session) lost(err error) error {
	return s.fail(&protocol.CloseError{Code: protocol.CloseAbnormal, Reason: "connection lost", Err: err})
}

// fail ends the connection with e, unless something has before, and returns the cause.
func (s *session) fail(e *protocol.CloseError) error {
	s.mu.Lock()
	if s.cause == nil {
		s.cause = e
	}
	e = s.cause
	s.mu.Unlock()
	s.cancel(e)
	return e
}
