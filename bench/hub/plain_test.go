package hub_test

import "sync"

// A plain hub is what one writes by hand: a lock, a set of clients, a channel for each, and whoever does not keep up
// is thrown out.
type plain struct {
	mu      sync.Mutex
	clients map[*client]struct{}
}

type client struct{ send chan sent }

func (p *plain) join() *client {
	c := &client{send: make(chan sent, logSize)}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clients[c] = struct{}{}
	return c
}

func (p *plain) publish(v sent) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.clients {
		select {
		case c.send <- v:
		default:
			delete(p.clients, c)
			close(c.send)
		}
	}
}

func (p *plain) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.clients {
		close(c.send)
	}
}
