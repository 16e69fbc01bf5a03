// Package bucket is the arithmetic of token buckets, without a clock. Package flow limits the values of streams with it, and package
// upgrade what peers send.
//
// A bucket is full at first. Tokens flow in evenly at its rate, up to what it holds; what passes takes some. The arithmetic
// is exact: over any time, however long, no token is lost or won.
package bucket

import (
	"math"
	"math/bits"
	"time"
)

// A Rate is how fast tokens flow in, and how many a bucket holds. It may be shared by many buckets.
type Rate struct {
	n, per uint64
	hold   moment // how long an empty bucket takes to fill
}

// A Bucket is how full one is: what it remembers is the time at which it will be full again. The zero Bucket is full.
type Bucket struct{ full moment }

// A moment is a time in nanoseconds and n-ths of one, so that a token's time need not be rounded.
type moment struct{ ns, part int64 }

var forever = moment{ns: math.MaxInt64}

// New returns the rate of n tokens, at least one, in every per, which is more than 0, for buckets that hold burst, or n if that is 0.
func New(n int, per time.Duration, burst int) Rate {
	if burst == 0 {
		burst = n
	}
	r := Rate{n: uint64(n), per: uint64(per)}
	r.hold = r.after(moment{}, burst)
	return r
}

// Fill returns how long an empty bucket takes to fill.
func (r *Rate) Fill() time.Duration { return time.Duration(r.hold.ns) }

// Take returns how long it takes, from now, until so many tokens, 0 or more, are there. If that is within patience it takes
// them at once, and reports true: the bucket is in debt meanwhile, also to the extent of more than it can hold. now is the
// time since any beginning, the same for all calls with one bucket.
func (r *Rate) Take(b *Bucket, now time.Duration, tokens int, patience time.Duration) (wait time.Duration, ok bool) {
	now = max(0, now)
	full := b.full
	if full.ns < int64(now) {
		full = moment{ns: int64(now)}
	}
	full = r.after(full, tokens)
	at := full.ns - r.hold.ns
	if full.part > r.hold.part {
		at++ // rounded up, for this wait alone
	}
	wait = max(0, time.Duration(at)-now)
	if full == forever {
		wait = math.MaxInt64
	}
	if wait > patience {
		return wait, false
	}
	b.full = full
	return wait, true
}

// IsFull reports whether the bucket holds all that it can.
func (b Bucket) IsFull(now time.Duration) bool {
	return b.full.ns < int64(now) || b.full.ns == int64(now) && b.full.part == 0 || b.full == moment{}
}

// after is m and the time in which so many tokens flow in. It is forever if that is more than there is.
func (r *Rate) after(m moment, tokens int) moment {
	hi, lo := bits.Mul64(uint64(tokens), r.per)
	lo, carry := bits.Add64(lo, uint64(m.part), 0)
	hi += carry
	if hi >= r.n {
		return forever
	}
	ns, part := bits.Div64(hi, lo, r.n)
	if ns > uint64(math.MaxInt64-m.ns) {
		return forever
	}
	return moment{m.ns + int64(ns), int64(part)}
}
