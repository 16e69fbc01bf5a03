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
func (s *Counters) Observe(e upgrade.Event) {
	if e, ok := e.(upgrade.RoundTrip); ok {
		s.pings.Lock()
		defer s.pings.Unlock()
		s.roundTrips.add(e.Time)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch e := e.(type) {
	case upgrade.Opened:
		s.state.Opened++
		if s.live == nil {
			s.live = make(map[*upgrade.Conn]struct{})
		}
		s.live[e.Conn] = struct{}{}
	case upgrade.Closed:
		s.closed(e)
	case upgrade.Refused:
		count(&s.state.Refused, Refusal{Status: e.Status, Limit: e.Limit()})
	case upgrade.Failed:
		if e.Panic() != nil {
			s.state.Panicked++
		} else {
			s.state.Failed++
		}
	case upgrade.DialFailed:
		s.state.DialFailed++
	case upgrade.Draining:
		s.state.Draining = true
	case upgrade.Drained:
		s.state.Draining = false
	}
}

func (s *Counters) closed(e upgrade.Closed) {
	end := Ending{Code: CodeLabel(0), Clean: e.Clean, Limit: e.Limit()}
	if e.Cause != nil {
		end.Code = CodeLabel(e.Cause.Code)
	}
	count(&s.state.Closed, end)
	delete(s.live, e.Conn)
	// What e has may be less than what a Snapshot has seen since, and the sum of what there was never goes down.
	t := e.Conn.Traffic()
	s.done.MessagesIn += t.MessagesIn
	s.done.MessagesOut += t.MessagesOut
	s.done.ControlIn += t.ControlIn
	s.done.BytesIn += t.BytesIn
	s.done.BytesOut += t.BytesOut
}

func count[K comparable](in *map[K]uint64, key K) {
	if *in == nil {
		*in = make(map[K]uint64)
	}
	(*in)[key]++
}

// Snapshot returns the counts up to now. It asks each live connection what went over it, some 100 ns for each.
func (s *Counters) Snapshot() Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.state.clone()
	now.Active, now.Traffic = len(s.live), s.done
	for c := range s.live {
		t := c.Traffic()
		now.Traffic.MessagesIn += t.MessagesIn
		now.Traffic.MessagesOut += t.MessagesOut
		now.Traffic.ControlIn += t.ControlIn
		now.Traffic.BytesIn += t.BytesIn
		now.Traffic.BytesOut += t.BytesOut
	}
	s.pings.Lock()
	defer s.pings.Unlock()
	now.RoundTrips = s.roundTrips
	return now
}

// String returns the counts as JSON. It is what [expvar.Var] asks for.
func (s *Counters) String() string {
	text, err := s.Snapshot().MarshalJSON()
	if err != nil { // of numbers and names
		return "{}"
	}
	return string(text)
}
