package faults

import (
	"net"
	"sync"
	"sync/atomic"
)

// A Network is relays with the same faults, which may be changed. Its methods may be called from any goroutine.
type Network struct {
	faults atomic.Pointer[Faults]

	mu      sync.Mutex
	relays  map[*Relay]struct{}
	joined  uint64
	counts  [2]Counts // of the relays that have gone: to the server, to the client
	down    bool
	cuts    int     // calls of Cut
	last    CutKind // of the last one
	working sync.WaitGroup
}

// NewNetwork returns a network with faults and without relays.
func NewNetwork(f Faults) *Network {
	n := &Network{relays: make(map[*Relay]struct{})}
	n.faults.Store(&f)
	return n
}

// Join relays between two connections. When the network has ended it aborts them.
func (n *Network) Join(client, server Conn) { n.join(client, server, -1) }

// join is Join. A connection that was on its way to be when Cut was called, since when there were so many cuts, is cut as well; -1
// is none that was.
func (n *Network) join(client, server Conn, cuts int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.down {
		abort(client)
		abort(server)
		return
	}
	n.working.Add(1)
	made := make(chan *Relay, 1)
	r := join(client, server, *n.faults.Load(), n.joined, func() { n.leave(<-made) })
	made <- r
	n.joined++
	n.relays[r] = struct{}{}
	if cuts >= 0 && cuts != n.cuts {
		r.Cut(n.last)
	}
}

// cutsSoFar returns how often Cut was called.
func (n *Network) cutsSoFar() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.cuts
}

func (n *Network) leave(r *Relay) {
	defer n.working.Done()
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.relays, r)
	n.add(r)
}

// add counts what a relay has done.
func (n *Network) add(r *Relay) {
	toServer, toClient := r.Counts()
	n.counts = [2]Counts{n.counts[0].add(toServer), n.counts[1].add(toClient)}
}

// Set changes the faults of all connections, those there are and those to come.
func (n *Network) Set(f Faults) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.faults.Store(&f)
	for r := range n.relays {
		r.Set(f)
	}
}

// Faults returns those that new connections get. It takes no lock.
func (n *Network) Faults() *Faults { return n.faults.Load() }

// Cut cuts the connections that there are, and those that a [Proxy] has accepted and is about to connect.
func (n *Network) Cut(k CutKind) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cuts, n.last = n.cuts+1, k
	for r := range n.relays {
		r.Cut(k)
	}
}

// Close aborts all connections, also those to come, and waits until no relay is at work.
func (n *Network) Close() {
	n.mu.Lock()
	n.down = true
	for r := range n.relays {
		r.Cut(CutRST)
	}
	n.mu.Unlock()
	n.working.Wait()
}

// Stats are the figures of a network.
type Stats struct {
	Joined   uint64 // connections ever
	Open     int    // that are now
	ToServer Counts
	ToClient Counts
}

// Stats returns the figures up to now.
func (n *Network) Stats() Stats {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := Stats{Joined: n.joined, Open: len(n.relays), ToServer: n.counts[0], ToClient: n.counts[1]}
	for r := range n.relays {
		toServer, toClient := r.Counts()
		s.ToServer, s.ToClient = s.ToServer.add(toServer), s.ToClient.add(toClient)
	}
	return s
}

// A Proxy is a network that TCP clients reach on the loopback interface, and a server of any TCP protocol behind it.
type Proxy struct {
	*Network

	listener net.Listener
	target   string

	mu       sync.Mutex
	refusing bool
	refused  int64
	serving  sync.WaitGroup
}

// NewProxy listens on a port that is free, for connections that go to the address target.
func NewProxy(target string, f Faults) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{Network: NewNetwork(f), listener: l, target: target}
	p.serving.Go(p.serve)
	return p, nil
}

// Addr is where clients connect to.
func (p *Proxy) Addr() net.Addr { return p.listener.Addr() }

// Refuse has new connections reset as soon as they are made, or ends that.
func (p *Proxy) Refuse(refuse bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refusing = refuse
}

// Refused is how many connections were reset because of [Proxy.Refuse], or because the target could not be reached.
func (p *Proxy) Refused() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.refused
}

// Stop takes no more connections. Those that there are go on.
func (p *Proxy) Stop() { _ = p.listener.Close() }

// Close ends the proxy and all its connections, and waits for it.
func (p *Proxy) Close() {
	p.Stop()
	p.Network.Close()
	p.serving.Wait()
}

func (p *Proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.serving.Go(func() { p.connect(client.(*net.TCPConn)) })
	}
}

// connect connects a client with the target.
func (p *Proxy) connect(client *net.TCPConn) {
	if !p.isRefusing() {
		cuts := p.cutsSoFar()
		server, err := net.Dial("tcp", p.target)
		if err == nil {
			p.join(client, server.(*net.TCPConn), cuts)
			return
		}
	}
	p.mu.Lock()
	p.refused++
	p.mu.Unlock()
	abort(client)
}

func (p *Proxy) isRefusing() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.refusing
}
