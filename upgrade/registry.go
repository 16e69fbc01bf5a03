package upgrade

import "sync"

// A registry knows the live connections of an Upgrader, and how many are on their way to be.
type registry struct {
	mu      sync.Mutex
	conns   map[*Conn]struct{}
	joining int // handshakes that are being accepted
	down    bool
	code    CloseCode     // of endings by shutdown; 0 is 1001
	empty   chan struct{} // closed when the last one goes; nil if nobody waits
}

func (g *registry) closing() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.down
}

// join reports whether a handshake may still be accepted. Then it counts as a connection until joined.
func (g *registry) join() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.down {
		return false
	}
	g.joining++
	return true
}

func (g *registry) joined() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.joining--
	g.tellEmpty()
}

// add reports whether the connection may live; if not, it is to be ended by whoever has made it.
func (g *registry) add(c *Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.conns == nil {
		g.conns = make(map[*Conn]struct{})
	}
	g.conns[c] = struct{}{}
	return !g.down
}

func (g *registry) remove(c *Conn) {
	c.place.release()
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.conns, c)
	g.tellEmpty()
}

// tellEmpty is called with mu held, whenever the last one may have gone.
func (g *registry) tellEmpty() {
	if len(g.conns) == 0 && g.joining == 0 && g.empty != nil {
		close(g.empty)
		g.empty = nil
	}
}

// shut lets no more connections in and returns those there are, and what is closed when they have gone.
func (g *registry) shut() (all []*Conn, gone <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.down = true
	all = make([]*Conn, 0, len(g.conns))
	for c := range g.conns {
		all = append(all, c)
	}
	if g.empty == nil {
		g.empty = make(chan struct{})
	}
	gone = g.empty
	g.tellEmpty()
	return all, gone
}
