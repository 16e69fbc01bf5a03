package upgrade

import (
	"cmp"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wsflow/wsflow/internal/bucket"
)

// An admission counts connections and new ones, in all and by key. Its methods may be called from any goroutine.
//
// What it knows of a key it forgets when the key has no connection and its bucket is full again: of all keys at once, now and then,
// when one comes. So it holds those that have connections, those that came lately, and about as many again.
type admission struct {
	places, keyPlaces int          // 0 for no limit
	rate, keyRate     *bucket.Rate // nil for no limit
	start             time.Time

	mu    sync.Mutex
	taken int
	level bucket.Bucket
	keys  map[string]keyUse
	most  int           // keys until the next sweep
	swept time.Duration // when the last one was
}

type keyUse struct {
	places int
	level  bucket.Bucket
}

// A place is what one connection takes of the limits on connections. A nil one is of an Upgrader without.
type place struct {
	a        *admission
	key      string
	released atomic.Bool
}

const (
	fewestKeys = 64          // that are worth a sweep
	sweepTime  = time.Minute // after which there is one in any case
)

// bucketRate returns what a bucket needs of a rate, or nil for no limit.
func bucketRate(r Rate) *bucket.Rate {
	if r == (Rate{}) {
		return nil
	}
	rate := bucket.New(r.N, r.Per, r.Burst)
	return &rate
}

// byKey reports whether anything is limited by key.
func (a *admission) byKey() bool { return a.keyPlaces > 0 || a.keyRate != nil }

// look returns the limit that one more connection would go beyond, or "", and how long until that may be otherwise, as far as that is
// known.
func (a *admission) look(key string) (Limit, time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	use, level := a.keys[key], a.level
	return a.judge(key, &use, &level, time.Since(a.start))
}

// take returns the place of one more connection, or, like look, why there is none. A place is to be released.
func (a *admission) take(key string) (*place, Limit, time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Since(a.start)
	use, level := a.keys[key], a.level
	if limit, wait := a.judge(key, &use, &level, now); limit != "" {
		return nil, limit, wait
	}
	a.taken++
	a.level = level
	if key != "" && a.byKey() {
		use.places++
		a.keep(key, use, now)
	}
	return &place{a: a, key: key}, "", 0
}

// judge takes one more handshake out of the buckets, which the caller keeps if there is no limit to name. A peer that goes beyond
// what its own key may have is told that first.
func (a *admission) judge(key string, use *keyUse, level *bucket.Bucket, now time.Duration) (Limit, time.Duration) {
	if key != "" {
		if a.keyPlaces > 0 && use.places >= a.keyPlaces {
			return LimitConnectionsPerKey, 0
		}
		if a.keyRate != nil {
			if wait, ok := a.keyRate.Take(&use.level, now, 1, 0); !ok {
				return LimitHandshakeRatePerKey, wait
			}
		}
	}
	if a.places > 0 && a.taken >= a.places {
		return LimitConnections, 0
	}
	if a.rate != nil {
		if wait, ok := a.rate.Take(level, now, 1, 0); !ok {
			return LimitHandshakeRate, wait
		}
	}
	return "", 0
}

// keep remembers what a key uses, and forgets others first if they have become many.
func (a *admission) keep(key string, use keyUse, now time.Duration) {
	every := sweepTime
	if a.keyRate != nil {
		every = max(every, a.keyRate.Fill())
	}
	if a.keys == nil || len(a.keys) >= a.most || now-a.swept >= every {
		kept := make(map[string]keyUse) // a map does not shrink
		for k, u := range a.keys {
			if !u.isIdle(now) {
				kept[k] = u
			}
		}
		a.keys, a.swept = kept, now
		a.most = max(fewestKeys, 2*len(kept))
	}
	a.keys[key] = use
}

// isIdle reports whether nothing is lost if it is forgotten.
func (u keyUse) isIdle(now time.Duration) bool { return u.places == 0 && u.level.IsFull(now) }

// release gives the place back, once.
func (p *place) release() {
	if p == nil || p.released.Swap(true) {
		return
	}
	p.a.mu.Lock()
	defer p.a.mu.Unlock()
	p.a.taken--
	use, ok := p.a.keys[p.key]
	if !ok { // it is not limited by key
		return
	}
	use.places--
	if use.isIdle(time.Since(p.a.start)) {
		delete(p.a.keys, p.key)
		return
	}
	p.a.keys[p.key] = use
}

// retryLater is what a client is told where nobody knows when there will be room.
const retryLater = 5 * time.Second

// overLimit is the refusal of a request that goes beyond a limit.
//
// RFC 6585, 4: "The 429 status code indicates that the user has sent too many requests in a given amount of time ('rate limiting')."
// RFC 9110, 15.6.4: 503 "indicates that the server is currently unable to handle the request due to a temporary overload".
func overLimit(limit Limit, wait time.Duration) *Rejection {
	j := &Rejection{Status: http.StatusServiceUnavailable, Header: make(http.Header)}
	e := &LimitError{Limit: limit}
	switch j.cause = e; limit {
	case LimitConnections:
		j.Reason, e.setting = "too many connections", "Upgrader.MaxConnections"
	case LimitHandshakeRate:
		j.Reason, e.setting = "too many handshakes", "Upgrader.HandshakeRate"
	case LimitConnectionsPerKey:
		j.Status, j.Reason, e.setting = http.StatusTooManyRequests, "too many connections of yours", "Upgrader.MaxConnectionsPerKey"
	case LimitHandshakeRatePerKey:
		j.Status, j.Reason, e.setting = http.StatusTooManyRequests, "too many handshakes of yours", "Upgrader.HandshakeRatePerKey"
	}
	j.Header.Set("Retry-After", formatDelay(cmp.Or(wait, retryLater)))
	return j
}
