package reconnect

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/upgrade"
)

// A Phase is what a run is at.
type Phase uint8

const (
	Idle       Phase = iota // it has not begun
	Connecting              // an attempt is under way
	Connected               // there is a connection
	Waiting                 // for the next attempt
	Closed                  // the run has ended
)

// String gives the name of the constant.
func (p Phase) String() string {
	switch p {
	case Idle:
		return "Idle"
	case Connecting:
		return "Connecting"
	case Connected:
		return "Connected"
	case Waiting:
		return "Waiting"
	case Closed:
		return "Closed"
	default:
		return fmt.Sprintf("Phase(%d)", uint8(p))
	}
}

// A State is what a run is at, and why.
type State struct {
	Phase   Phase
	Attempt int           // its number in the run
	Conn    *upgrade.Conn // of Connected: for Ping, say, or to look at; what is sent on it is not part of the queue
	Wait    time.Duration // of Waiting: how long in all
	Err     error         // of Waiting: because of what; of Closed: what the run has ended with
}

// A Status knows the [State] of a [Client]'s run. The zero Status is ready, and Idle. Its methods may be called from
// any goroutine.
type Status struct {
	mu      sync.Mutex
	state   State
	version uint64
	changed chan struct{} // closed by the next change; nil if nobody waits
}

// State returns the state as it is now.
func (s *Status) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state
}

// States returns the state as it is when the stream is run, then each new one, up to Closed, and then completes. A reader
// that is slow gets the newest state and misses some that came before. There may be any number of readers.
//
//	state  Idle------Connecting--Connected--Waiting--Connecting--Closed
//	out       --Idle-Connecting--Connected--Waiting--Connecting--Closed|
func (s *Status) States() flow.Source[State] {
	return flow.FromFunc(func(ctx context.Context, emit func(State) error) error {
		var seen uint64
		for first := true; ; first = false {
			state, version, changed := s.look()
			if !first && version == seen {
				select {
				case <-changed:
					continue
				case <-ctx.Done():
					return context.Cause(ctx)
				}
			}
			seen = version
			if err := emit(state); err != nil || state.Phase == Closed {
				return err
			}
		}
	}).Named("Status")
}

func (s *Status) look() (State, uint64, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changed == nil {
		s.changed = make(chan struct{})
	}
	return s.state, s.version, s.changed
}

func (s *Status) set(state State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = state
	s.version++
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}
