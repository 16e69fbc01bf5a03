package observe

import (
	"sync"

	"github.com/wsflow/wsflow/upgrade"
)

// Counters count what happens to connections. They are an [upgrade.Observer], of one Upgrader or Dialer or of several, and an
// [expvar.Var], whose JSON has what a [Snapshot] has. The zero value is ready. The methods may be called from any goroutine;
// Counters are not copied.
type Counters struct {
	mu    sync.Mutex
	live  map[*upgrade.Conn]struct{}
	done  upgrade.Traffic // of the connections that are over
	state Snapshot        // without what live and done tell

	pings      sync.Mutex // apart, since they are told of by readers of connections
	roundTrips RoundTrips
}

// Observe counts an event.
func (c *Counters) Observe(e upgrade.Event) {
	if e, ok := e.(upgrade.RoundTrip); ok {
		c.pings.Lock()
		defer c.pings.Unlock()
		c.roundTrips.add(e.Time)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch e := e.(type) {
	case upgrade.Opened:
		c.state.Opened++
		if c.live == nil {
			c.live = make(map[*upgrade.Conn]struct{})
		}
		c.live[e.Conn] = struct{}{}
	case upgrade.Closed:
		c.closed(e)
	case upgrade.Refused:
		count(&c.state.Refused, Refusal{Status: e.Status, Limit: e.Limit()})
	case upgrade.Failed:
		if e.Panic() != nil {
			c.state.Panicked++
		} else {
			c.state.Failed++
		}
	case upgrade.DialFailed:
		c.state.DialFailed++
	case upgrade.Draining:
		c.state.Draining = true
	case upgrade.Drained:
		c.state.Draining = false
	}
}

func (c *Counters) closed(e upgrade.Closed) {
	end := Ending{Code: CodeLabel(0), Clean: e.Clean, Limit: e.Limit()}
	if e.Cause != nil {
		end.Code = CodeLabel(e.Cause.Code)
	}
	count(&c.state.Closed, end)
	delete(c.live, e.Conn)
	// What e has may be less than what a Snapshot has seen since, and the sum of what there was never goes down.
	addTraffic(&c.done, e.Conn.Traffic())
}

func count[K comparable](in *map[K]uint64, key K) {
	if *in == nil {
		*in = make(map[K]uint64)
	}
	(*in)[key]++
}

func addTraffic(sum *upgrade.Traffic, t upgrade.Traffic) {
	sum.MessagesIn += t.MessagesIn
	sum.MessagesOut += t.MessagesOut
	sum.ControlIn += t.ControlIn
	sum.BytesIn += t.BytesIn
	sum.BytesOut += t.BytesOut
}

// Snapshot returns the counts up to now. It asks each live connection what went over it, some 100 ns for each.
func (c *Counters) Snapshot() Snapshot {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.state.clone()
	now.Active, now.Traffic = len(c.live), c.done
	for conn := range c.live {
		addTraffic(&now.Traffic, conn.Traffic())
	}
	c.pings.Lock()
	defer c.pings.Unlock()
	now.RoundTrips = c.roundTrips
	return now
}

// String returns the counts as JSON. It is what [expvar.Var] asks for.
func (c *Counters) String() string {
	text, err := c.Snapshot().MarshalJSON()
	if err != nil { // of numbers and names
		return "{}"
	}
	return string(text)
}
