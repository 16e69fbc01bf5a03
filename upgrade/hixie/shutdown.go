package hixie

import (
	"context"
	"fmt"
	"sync"

	"github.com/wsflow/wsflow/upgrade"
)

// A registry knows the live connections of a Handler.
type registry struct {
	mu       sync.Mutex
	sessions map[*session]struct{}
	down     bool
	empty    chan struct{} // closed when the last one goes; nil if nobody waits
}

func (g *registry) closing() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.down
}

// add reports whether the connection may live.
func (g *registry) add(s *session) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.down {
		return false
	}
	if g.sessions == nil {
		g.sessions = make(map[*session]struct{})
	}
	g.sessions[s] = struct{}{}
	return true
}

func (g *registry) remove(s *session) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.sessions, s)
	if len(g.sessions) == 0 && g.empty != nil {
		close(g.empty)
		g.empty = nil
	}
}

// shut lets no more connections in and returns those there are, and what is closed when they have gone: nil if
// there are none.
func (g *registry) shut() (all []*session, empty <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.down = true
	for s := range g.sessions {
		all = append(all, s)
	}
	if len(all) > 0 && g.empty == nil {
		g.empty = make(chan struct{})
	}
	return all, g.empty
}

// Shutdown ends the connections of h in good order, beside [upgrade.Upgrader.Shutdown] and [http.Server.Shutdown], which do
// not know of them. New handshakes get 503. The input of each handler completes, and the connection is closed when the handler has ended;
// its context is cancelled when CloseGrace is over. When ctx ends first, what is left is cut, and the error
// tells how many connections that were and wraps the cause of ctx.
func (h *Handler) Shutdown(ctx context.Context) error {
	all, empty := h.registry.shut()
	if len(all) == 0 {
		return nil
	}
	for _, s := range all {
		s.goAway()
	}
	select {
	case <-empty:
		return nil
	case <-ctx.Done():
	}
	left, _ := h.registry.shut()
	for _, s := range left {
		s.cancel(upgrade.ErrShutdown)
		_ = s.nc.Close()
	}
	if len(left) == 0 {
		return nil
	}
	were := fmt.Sprintf("%d connections were", len(left))
	if len(left) == 1 {
		were = "1 connection was"
	}
	return fmt.Errorf("hixie: %s cut: %w", were, context.Cause(ctx))
}
