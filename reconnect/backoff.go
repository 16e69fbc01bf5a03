package reconnect

import (
	"math"
	"math/rand/v2"
	"time"
)

// A Backoff says how long to wait before an attempt: after n+1 failures in a row a random time between 0 and Base·2^n,
// or Max if that is less ("full jitter"). So clients that have lost the same server come back spread over all of that
// time. The first attempt of a run comes at once.
//
// RFC 6455, 7.2.3: "The first reconnect attempt SHOULD be delayed by a random amount of time. […] a value chosen randomly
// between 0 and 5 seconds is a reasonable initial delay […] Should the first reconnect attempt fail, subsequent reconnect
// attempts SHOULD be delayed by increasingly longer amounts of time, using a method such as truncated binary exponential
// backoff."
type Backoff struct {
	Base time.Duration // 0: 5 s, or Max if that is less
	Max  time.Duration // 0: 60 s, or Base if that is more

	// Within is how long a connection has to live for the waits to begin anew. 0: 10 s.
	Within time.Duration

	// RetryAfter is how much of a server's Retry-After is waited for, before the random time. 0: up to 10 min; less: nothing.
	RetryAfter time.Duration

	// Rand returns numbers from 0 up to but not including 1, and is called from any goroutine. Nil: those of math/rand/v2.
	Rand func() float64
}

const (
	defaultBase       = 5 * time.Second
	defaultMax        = time.Minute
	defaultWithin     = 10 * time.Second
	defaultRetryAfter = 10 * time.Minute
)

func (b Backoff) resolved(method string) Backoff {
	if b.Base < 0 || b.Max < 0 || b.Within < 0 {
		panic("reconnect: Client." + method + " with a negative Backoff")
	}
	if b.Base == 0 {
		b.Base = defaultBase
		if b.Max > 0 {
			b.Base = min(b.Base, b.Max)
		}
	}
	if b.Max == 0 {
		b.Max = max(defaultMax, b.Base)
	}
	if b.Max < b.Base {
		panic("reconnect: Client." + method + " with a Backoff whose Max is less than Base")
	}
	if b.Within == 0 {
		b.Within = defaultWithin
	}
	if b.RetryAfter == 0 {
		b.RetryAfter = defaultRetryAfter
	}
	if b.Rand == nil {
		b.Rand = rand.Float64
	}
	return b
}

// wait returns how long to wait after so many failures in a row, the last of which was err.
func (b *Backoff) wait(failures int, err error) time.Duration {
	most := b.Base
	for i := 1; i < failures && most < b.Max; i++ {
		most = min(most, math.MaxInt64/2) * 2
	}
	random := float64(min(most, b.Max)) * b.Rand()
	if !(random > 0) { // also what is no number
		random = 0
	}
	wait := b.Max
	if random < float64(b.Max) {
		wait = time.Duration(random)
	}
	if after, ok := retryAfter(err); ok && b.RetryAfter > 0 {
		wait += min(after, b.RetryAfter, math.MaxInt64-wait)
	}
	return wait
}
