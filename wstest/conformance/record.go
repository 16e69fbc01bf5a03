package conformance

import (
	"fmt"
	"sync"
	"time"
)

// An Entry is one line of what travelled in a case.
type Entry struct {
	After time.Duration `json:"after"` // the beginning of the case, in nanoseconds
	From  string        `json:"from"`  // FromSuite, FromEndpoint, or "" for a remark
	What  string        `json:"what"`
}

// Who sent what an [Entry] shows.
const (
	FromSuite    = "suite"
	FromEndpoint = "endpoint"
)

// A record keeps what travelled: all of a short case, of a long one the beginning and the end.
type record struct {
	begun time.Time

	mu      sync.Mutex
	head    []Entry
	tail    []Entry // a ring
	dropped int
}

const (
	recordHead = 24
	recordTail = 12
)

func newRecord() *record { return &record{begun: time.Now()} }

// sent notes what the suite writes, in pieces of n bytes if n is not 0.
func (r *record) sent(what string, n int) {
	if n > 0 {
		what = fmt.Sprintf("%s, in pieces of %d bytes", what, n)
	}
	r.add(FromSuite, what)
}

func (r *record) received(what string) { r.add(FromEndpoint, what) }
func (r *record) note(what string)     { r.add("", what) }

func (r *record) add(from, what string) {
	e := Entry{After: time.Since(r.begun), From: from, What: what}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case len(r.head) < recordHead:
		r.head = append(r.head, e)
	case len(r.tail) < recordTail:
		r.tail = append(r.tail, e)
	default:
		r.tail[r.dropped%recordTail] = e
		r.dropped++
	}
}

// entries returns what was kept, with a remark where something was not.
func (r *record) entries() []Entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := append([]Entry{}, r.head...)
	if r.dropped > 0 {
		all = append(all, Entry{After: r.head[len(r.head)-1].After, What: fmt.Sprintf("… %d more …", r.dropped)})
	}
	for i := range r.tail {
		all = append(all, r.tail[(r.dropped+i)%len(r.tail)])
	}
	return all
}
