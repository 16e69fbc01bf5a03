package flow

import (
	"errors"
	"math"
	"math/bits"
	"time"
)

// A Rate is how many values may pass in what time. It is kept by a bucket of tokens: each value takes one, or
// as many as it costs, and N of them flow in evenly in every Per. The bucket is full at first, and holds
// Burst tokens, so that after a pause as many values may pass at once. The arithmetic is exact: over any time, however
// long, no value is lost or won.
type Rate struct {
	N     int           // values, or tokens
	Per   time.Duration // the time in which N flow in
	Burst int           // what the bucket holds; if 0, N. With 1 values are spaced evenly.
}

// ErrRateExceeded is what [EnforceRate] fails with.
var ErrRateExceeded = errors.New("flow: rate exceeded")

func (r Rate) check(operator string) {
	if r.N < 1 || r.Per <= 0 || r.Burst < 0 {
		panic("flow: " + operator + " with a rate that is not positive")
	}
}

// A moment is a time in nanoseconds and N-ths of one, so that a token's time need not be rounded.
type moment struct{ ns, part int64 }

var forever = moment{ns: math.MaxInt64}

// A bucket keeps a rate. What it remembers is the time at which it will be full again.
type bucket struct {
	clock

	rate Rate
	hold moment // how long an empty bucket takes to fill
	full moment
}

func newBucket(r Rate) *bucket {
	if r.Burst == 0 {
		r.Burst = r.N
	}
	b := &bucket{clock: startClock(), rate: r}
	b.hold = b.after(moment{}, r.Burst)
	return b
}

// after is m and the time in which so many tokens flow in. It is forever if that is more than there is.
func (b *bucket) after(m moment, tokens int) moment {
	n := uint64(b.rate.N)
	hi, lo := bits.Mul64(uint64(tokens), uint64(b.rate.Per))
	lo, carry := bits.Add64(lo, uint64(m.part), 0)
	hi += carry
	if hi >= n {
		return forever
	}
	ns, part := bits.Div64(hi, lo, n)
	if ns > uint64(math.MaxInt64-m.ns) {
		return forever
	}
	return moment{m.ns + int64(ns), int64(part)}
}

// wait returns how long it takes until the tokens are there, and, if take is true or it takes no time, takes them
// at once. A bucket that cannot hold so many goes into debt.
func (b *bucket) wait(tokens int, take bool) time.Duration {
	if tokens < 0 {
		panic("flow: cost below 0")
	}
	now := int64(b.now())
	full := b.full
	if full.ns < now {
		full = moment{ns: now}
	}
	full = b.after(full, tokens)
	at := full.ns - b.hold.ns
	if full.part > b.hold.part {
		at++ // rounded up, for this wait alone
	}
	wait := max(0, time.Duration(at-now))
	if full == forever {
		wait = math.MaxInt64
	}
	if take || wait == 0 {
		b.full = full
	}
	return wait
}
