package flow

import (
	"errors"
	"math"
	"time"

	tokens "github.com/wsflow/wsflow/internal/bucket"
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

// A bucket keeps a rate.
type bucket struct {
	clock

	rate  tokens.Rate
	level tokens.Bucket
}

func newBucket(r Rate) *bucket {
	return &bucket{clock: startClock(), rate: tokens.New(r.N, r.Per, r.Burst)}
}

// wait returns how long it takes until the tokens are there, and, if take is true or it takes no time, takes them
// at once. A bucket that cannot hold so many goes into debt.
func (b *bucket) wait(cost int, take bool) time.Duration {
	if cost < 0 {
		panic("flow: cost below 0")
	}
	patience := time.Duration(0)
	if take {
		patience = math.MaxInt64
	}
	wait, _ := b.rate.Take(&b.level, b.now(), cost, patience)
	return wait
}
