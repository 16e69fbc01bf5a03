package upgrade

import (
	"context"
	"errors"
	"fmt"
)

// RegisterOnShutdown has f called, on a goroutine of its own, when [Server.Shutdown] begins. It is for what Shutdown does not
// know of, such as WebSocket connections ([Upgrader.ShutdownOn]). Server.Shutdown does not wait for f: a program
// that is about to exit calls the function [Shutdown], which ends both at the same time and waits for them.
func (s *Server) RegisterOnShutdown(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onShutdown = append(s.onShutdown, f)
}

// Shutdown ends the server in good order: it closes the listeners and the connections that have no request, and waits for
// the requests that are being answered, opening handshakes too. If ctx ends first, it returns the cause of
// ctx, and [Server.Close] ends what is left.
//
// Like [http.Server.Shutdown] it does not know of connections that were hijacked, and those are all WebSocket connections: call
// the function [Shutdown], which ends them at the same time, as the example of [Server] does.
func (s *Server) Shutdown(ctx context.Context) error {
	s.init()
	err := s.end(false)
	s.http.SetKeepAlivesEnabled(false) // closes what is idle; what is being handed over is served yet
	for _, f := range s.takeHooks() {
		go f()
	}
	select {
	case <-s.empty:
	case <-ctx.Done():
		return fmt.Errorf("upgrade: shutdown: %w", context.Cause(ctx))
	}
	return errors.Join(err, s.http.Shutdown(ctx))
}

// Close ends the server at once, with all connections but those that were hijacked.
func (s *Server) Close() error {
	s.init()
	return errors.Join(s.end(true), s.http.Close())
}

// takeHooks returns what is to be called, once.
func (s *Server) takeHooks() []func() {
	s.mu.Lock()
	defer s.mu.Unlock()
	hooks := s.onShutdown
	s.onShutdown = nil
	return hooks
}

// end closes the listeners and the connections, those that have a request only if all.
func (s *Server) end(all bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.down {
		s.down = true
		close(s.done)
		s.tellEmpty()
	}
	var err error
	for l := range s.listeners {
		err = errors.Join(err, l.Close())
	}
	for c := range s.conns {
		if all || c.reading {
			// Over TLS, a close may wait to say goodbye.
			go func() { _ = c.nc.Close() }()
		}
	}
	return err
}

// tellEmpty is called whenever the server may have become empty.
func (s *Server) tellEmpty() {
	if !s.down || len(s.listeners) > 0 || len(s.conns) > 0 {
		return
	}
	select {
	case <-s.empty:
	default:
		close(s.empty)
	}
}

func (s *Server) isDown() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.down
}

// addListener reports whether it may be listened to.
func (s *Server) addListener(l *onceListener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.down {
		s.listeners[l] = struct{}{}
	}
	return !s.down
}

func (s *Server) removeListener(l *onceListener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.listeners, l)
	s.tellEmpty()
}

// addConn reports whether the connection may be served.
func (s *Server) addConn(c *serverConn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.down {
		s.conns[c] = struct{}{}
		c.inner.retain()
	}
	return !s.down
}

// begun notes that the connection has a request, and reports whether it may still be answered.
func (s *Server) begun(c *serverConn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.reading = false
	return !s.down
}

// removeConn forgets a connection, if it is known.
func (s *Server) removeConn(c *serverConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.conns[c]; !ok {
		return
	}
	delete(s.conns, c)
	c.inner.release()
	s.tellEmpty()
}
