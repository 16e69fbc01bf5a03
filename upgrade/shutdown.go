package upgrade

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/wsflow/wsflow/protocol"
)

// A registry knows the live connections of an Upgrader.
type registry struct {
	mu    sync.Mutex
	conns map[*Conn]uint64 // with the number of each
	last  uint64           // number
	down  bool
	code  CloseCode     // of endings by shutdown; 0 is 1001
	empty chan struct{} // closed when the last one goes; nil if nobody waits
}

func (g *registry) closing() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.down
}

// add reports whether the connection may live.
func (g *registry) add(c *Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	c.registry = g
	if g.down {
		return false
	}
	if g.conns == nil {
		g.conns = make(map[*Conn]uint64)
	}
	g.last++
	g.conns[c] = g.last
	return true
}

func (g *registry) remove(c *Conn) {
	c.place.release()
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.conns, c)
	if len(g.conns) == 0 && g.empty != nil {
		close(g.empty)
		g.empty = nil
	}
}

// shut lets no more connections in and returns those there are, and what is closed when they have gone.
func (g *registry) shut() ([]*Conn, <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.down = true
	all := make([]*Conn, 0, len(g.conns))
	for c := range g.conns {
		all = append(all, c)
	}
	if len(all) == 0 {
		gone := make(chan struct{})
		close(gone)
		return nil, gone
	}
	if g.empty == nil {
		g.empty = make(chan struct{})
	}
	return all, g.empty
}

// Shutdown ends all connections of u in good order, beside [http.Server.Shutdown], which does not know of them.
// New handshakes get 503. The input of each handler completes; when the handler has ended, or CloseGrace is
// over, the peer gets 1001 (or ShutdownCode) and the closing handshake. When ctx ends first, the contexts of
// the handlers are cancelled with [ErrShutdown], what is left is cut, and the error tells how many connections that were and
// wraps the cause of ctx: "upgrade: 1 connection was cut: context deadline exceeded".
func (u *Upgrader) Shutdown(ctx context.Context) error {
	conns, gone := u.registry.shut()
	for _, c := range conns {
		c.goAway()
	}
	select {
	case <-gone:
		return nil
	case <-ctx.Done():
	}
	left, _ := u.registry.shut()
	var cut sync.WaitGroup
	for _, c := range left {
		cut.Go(c.cutShort)
	}
	cut.Wait()
	if len(left) == 0 {
		return nil
	}
	were := fmt.Sprintf("%d connections were", len(left))
	if len(left) == 1 {
		were = "1 connection was"
	}
	return fmt.Errorf("upgrade: %s cut: %w", were, context.Cause(ctx))
}

// goAway begins the end of a connection because the server shuts down.
func (c *Conn) goAway() {
	c.because(c.goingAway())
	c.draining.Store(true)
	c.closing.mu.Lock()
	c.startGrace(false)
	c.closing.mu.Unlock()
	c.kick()
	if !c.served.Load() && !c.started.Load() {
		go func() { _ = c.finish(context.Background(), nil) }()
	}
}

// lastWord is how long the 1001 of a connection that is cut may take to be written.
const lastWord = time.Second

// cutShort ends a connection at once. The peer is told, if it takes bytes at all.
func (c *Conn) cutShort() {
	told := make(chan struct{})
	go func() {
		defer close(told)
		e := c.goingAway()
		c.sendClose(e.Code, e.Reason)
	}()
	select {
	case <-told:
	case <-time.After(lastWord):
	}
	_ = c.drop("cut by the server's shutdown", ErrShutdown)
}

// goingAway is the cause of endings by shutdown.
func (c *Conn) goingAway() *CloseError {
	return &CloseError{Code: cmp.Or(c.registry.code, protocol.CloseGoingAway), Reason: "server shuts down", Err: ErrShutdown}
}
