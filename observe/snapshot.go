package observe

import (
	"encoding/json"
	"maps"
	"strconv"
	"time"

	"github.com/wsflow/wsflow/upgrade"
)

// A Snapshot is what [Counters] have counted up to a moment. But for Active and Draining, nothing in it goes down from one
// to the next.
type Snapshot struct {
	Opened     uint64             // connections, served and dialed
	Active     int                // of them, those that are not over
	Closed     map[Ending]uint64  // the others, by how they ended; may be nil
	Refused    map[Refusal]uint64 // requests; may be nil
	DialFailed uint64             // calls of Dial
	Failed     uint64             // handlers that failed with an error of theirs
	Panicked   uint64             // and handlers that panicked, which are not among those
	Traffic    upgrade.Traffic    // of all connections, live ones included
	RoundTrips RoundTrips         // of pings
	Draining   bool               // Shutdown is under way
}

// An Ending is how connections ended.
type Ending struct {
	Code  string // by [CodeLabel]
	Clean bool
	Limit upgrade.Limit // that they were closed for, or ""
}

// A Refusal is how requests were refused.
type Refusal struct {
	Status int
	Limit  upgrade.Limit // that they were refused for, or ""
}

// RoundTrips sum up the times of pings.
type RoundTrips struct {
	Count               uint64
	Sum, Min, Max, Last time.Duration
}

func (r *RoundTrips) add(d time.Duration) {
	if r.Count == 0 || d < r.Min {
		r.Min = d
	}
	r.Count++
	r.Sum += d
	r.Max = max(r.Max, d)
	r.Last = d
}

// Mean returns the mean time, or 0 if there is none.
func (r RoundTrips) Mean() time.Duration {
	if r.Count == 0 {
		return 0
	}
	return r.Sum / time.Duration(r.Count)
}

// Limits returns how often each limit was the reason of a refusal or of a close.
func (s Snapshot) Limits() map[upgrade.Limit]uint64 {
	all := make(map[upgrade.Limit]uint64)
	for e, n := range s.Closed {
		if e.Limit != "" {
			all[e.Limit] += n
		}
	}
	for r, n := range s.Refused {
		if r.Limit != "" {
			all[r.Limit] += n
		}
	}
	return all
}

// MarshalJSON returns the counts under the keys of the package's documentation, or as these are made. Times are in seconds.
func (s Snapshot) MarshalJSON() ([]byte, error) {
	closed, refused, unclean := map[string]uint64{}, map[string]uint64{}, uint64(0)
	for e, n := range s.Closed {
		closed[e.Code] += n
		if !e.Clean {
			unclean += n
		}
	}
	for r, n := range s.Refused {
		refused[strconv.Itoa(r.Status)] += n
	}
	return json.Marshal(struct {
		Opened      uint64                   `json:"opened"`
		Active      int                      `json:"active"`
		Closed      map[string]uint64        `json:"closed"` // by code
		Unclean     uint64                   `json:"unclean"`
		Refused     map[string]uint64        `json:"refused"` // by status
		Limits      map[upgrade.Limit]uint64 `json:"limits"`
		DialFailed  uint64                   `json:"dial_failed"`
		Failed      uint64                   `json:"failed"`
		Panicked    uint64                   `json:"panicked"`
		MessagesIn  uint64                   `json:"messages_in"`
		MessagesOut uint64                   `json:"messages_out"`
		ControlIn   uint64                   `json:"control_in"`
		BytesIn     uint64                   `json:"bytes_in"`
		BytesOut    uint64                   `json:"bytes_out"`
		RoundTrips  roundTripsJSON           `json:"round_trips"`
		Draining    bool                     `json:"draining"`
	}{
		s.Opened, s.Active, closed, unclean, refused, s.Limits(), s.DialFailed, s.Failed, s.Panicked,
		s.Traffic.MessagesIn, s.Traffic.MessagesOut, s.Traffic.ControlIn, s.Traffic.BytesIn, s.Traffic.BytesOut,
		roundTripsJSON{
			s.RoundTrips.Count, s.RoundTrips.Mean().Seconds(), s.RoundTrips.Min.Seconds(), s.RoundTrips.Max.Seconds(), s.RoundTrips.Last.Seconds(),
		},
		s.Draining,
	})
}

type roundTripsJSON struct {
	Count uint64  `json:"count"`
	Mean  float64 `json:"mean"`
	Min   float64 `json:"min"`
	Max   float64 `json:"max"`
	Last  float64 `json:"last"`
}

func (s Snapshot) clone() Snapshot {
	s.Closed, s.Refused = maps.Clone(s.Closed), maps.Clone(s.Refused)
	return s
}
