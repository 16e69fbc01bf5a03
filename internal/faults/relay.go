package faults

import "sync"

// A Relay passes bytes between a client and a server. Its methods may be called from any goroutine.
type Relay struct {
	client, server     Conn
	toServer, toClient *lane

	done   chan struct{} // closed when all is to end
	gone   chan struct{} // closed when all has
	onGone func()

	mu      sync.Mutex
	over    map[*lane]bool // the directions that have ended
	failed  map[*lane]bool // those whose receivers take nothing any more
	down    bool
	workers int
}

// Counts are what a relay, or one direction of it, has done. Bytes and what they have are those that were passed on.
type Counts struct {
	Bytes     int64
	Corrupted int64 // bytes that had bits flipped
	Stalls    int64 // that have begun
	Cuts      int64 // of connections
}

func (c Counts) add(o Counts) Counts {
	return Counts{c.Bytes + o.Bytes, c.Corrupted + o.Corrupted, c.Stalls + o.Stalls, c.Cuts + o.Cuts}
}

// Join relays between two connections, which it takes over, until both have ended.
func Join(client, server Conn, f Faults) *Relay { return join(client, server, f, 0, func() {}) }

// join is Join for one of many, whose number decides what happens at random.
func join(client, server Conn, f Faults, number uint64, onGone func()) *Relay {
	r := &Relay{
		client: client, server: server, done: make(chan struct{}), gone: make(chan struct{}), onGone: onGone,
		over: make(map[*lane]bool), failed: make(map[*lane]bool),
	}
	r.toServer = newLane(r, client, server, f.ToServer, f.Seed, 2*number)
	r.toClient = newLane(r, server, client, f.ToClient, f.Seed, 2*number+1)
	work := []func(){r.toServer.read, r.toServer.write, r.toClient.read, r.toClient.write}
	r.workers = len(work)
	for _, f := range work {
		go func() {
			defer r.leave()
			f()
		}()
	}
	return r
}

// leave is called by each goroutine when it ends.
func (r *Relay) leave() {
	r.mu.Lock()
	r.workers--
	last := r.workers == 0
	r.mu.Unlock()
	if last {
		r.onGone()
		close(r.gone)
	}
}

// Gone is closed when both connections are closed and the relay has nothing at work.
func (r *Relay) Gone() <-chan struct{} { return r.gone }

// Set changes the faults, from the next byte on. What has not passed yet is delayed by the new ones.
func (r *Relay) Set(f Faults) {
	r.toServer.install(f.ToServer)
	r.toClient.install(f.ToClient)
}

// Counts returns what was done to the bytes for the server and for the client. Cuts are counted where they were due; those of
// [Relay.Cut] in none.
func (r *Relay) Counts() (toServer, toClient Counts) {
	return r.toServer.count(), r.toClient.count()
}

func (l *lane) count() Counts {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.counts
}

// Cut cuts the connection now. With CutHalf it is the direction to the server that ends.
func (r *Relay) Cut(k CutKind) { r.cut(k, r.toServer) }

// cut cuts the connection because a direction says so.
func (r *Relay) cut(k CutKind, l *lane) {
	switch k {
	case CutFIN:
		r.toServer.drop()
		r.toClient.drop()
		_ = r.server.CloseWrite()
		_ = r.client.CloseWrite()
	case CutRST:
		r.toServer.drop()
		r.toClient.drop()
		r.shut(true)
	case CutHalf:
		l.drop()
		_ = l.to.CloseWrite()
	case NoCut:
	}
}

// ended passes on that the sender of a direction has ended it.
func (r *Relay) ended(l *lane, err error) {
	if l.dropped() {
		err = nil // what its receiver sees was decided already
	} else if isEOF(err) {
		_ = l.to.CloseWrite()
		err = nil
	}
	r.mu.Lock()
	r.over[l] = true
	all := r.over[r.toServer] && r.over[r.toClient]
	failed := r.failed[r.toServer] || r.failed[r.toClient]
	r.mu.Unlock()
	if all || failed || err != nil {
		r.shut(failed || err != nil)
	}
}

// broken notes that the receiver of a direction takes nothing any more. How it has ended is for the other direction to say.
func (r *Relay) broken(l *lane) {
	r.mu.Lock()
	r.failed[l] = true
	ended := len(r.over) > 0
	r.mu.Unlock()
	if ended {
		r.shut(true)
	}
}

// shut ends the relay: in good order, or by a reset.
func (r *Relay) shut(reset bool) {
	r.mu.Lock()
	down := r.down
	r.down = true
	r.mu.Unlock()
	if down {
		return
	}
	for _, c := range []Conn{r.client, r.server} {
		if reset {
			abort(c)
		} else {
			_ = c.Close()
		}
	}
	close(r.done)
}
