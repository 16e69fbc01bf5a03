package hixie

import (
	"context"
	"errors"
	"time"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/hixie"
)

// finish ends the connection when the handler has ended with err.
func (s *session) finish(err error) {
	s.report(err)
	close(s.deaf)
	s.mu.Lock()
	for _, timer := range s.grace {
		timer.Stop()
	}
	handshake := s.conn.IsOpen()
	s.conn.Close()
	s.mu.Unlock()
	if handshake && s.flush() == nil {
		s.part()
	}
	_ = s.nc.Close()
	<-s.gone
	s.cancel(context.Canceled)
}

// report logs why a handler failed, unless that has a reason which the peer knows of.
func (s *session) report(err error) {
	panicked, isPanic := errors.AsType[*flow.PanicError](err)
	_, isClose := errors.AsType[*protocol.CloseError](err)
	switch {
	case err == nil:
	case isPanic:
		s.set.log(s.ctx, "websocket handler panicked", "event", "failed", "remote", s.nc.RemoteAddr().String(),
			"panic", panicked.Value, "stack", string(panicked.Stack))
	case !isClose && s.ctx.Err() == nil:
		s.set.log(s.ctx, "websocket handler failed", "event", "failed", "remote", s.nc.RemoteAddr().String(), "error", err)
	}
}

// part waits until the peer has closed, too, for as long as the closing may take: closing a socket with unread bytes would
// destroy our last words on their way.
func (s *session) part() {
	var late <-chan time.Time
	if s.set.CloseTimeout > 0 {
		timer := time.NewTimer(s.set.CloseTimeout)
		defer timer.Stop()
		late = timer.C
	}
	for open := s.conn.Version() == hixie.Hixie76; open; { // until the peer has answered
		select {
		case _, open = <-s.inbox:
		case <-late:
			return
		}
	}
	half, ok := s.nc.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		return
	}
	select {
	case <-s.gone:
	case <-late:
	}
}
