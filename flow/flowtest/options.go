package flowtest

import (
	"slices"
	"time"
)

// An Option tells a checker what is different about an operator.
type Option func(*options)

type options struct {
	unordered, lossy, oneShot, endless bool
	patience                           time.Duration
	except                             []Law
}

// Unordered is for operators that do not keep the order of values: the wanted ones come in any order.
func Unordered() Option { return func(o *options) { o.unordered = true } }

// Lossy is for operators that may leave out values: by time, by overflow, or because they end early.
func Lossy() Option { return func(o *options) { o.lossy = true } }

// OneShot is for sources that can be run once: a second run must end with [flow.ErrConsumed].
func OneShot() Option { return func(o *options) { o.oneShot = true } }

// Endless is for sources that go on, or wait, after the wanted values: a check stops them there.
func Endless() Option { return func(o *options) { o.endless = true } }

// Patience is how long a check waits for a run to end before it says that it does not, 10 s if not given. Operators
// that take their time need more than that for all their values. In a testing/synctest bubble the time is virtual.
func Patience(d time.Duration) Option { return func(o *options) { o.patience = d } }

// Except leaves out laws that an operator does not keep on purpose: one that retries does not hand on failure, say.
func Except(laws ...Law) Option {
	return func(o *options) { o.except = append(o.except, laws...) }
}

func newOptions(opts []Option) options {
	o := options{patience: 10 * time.Second}
	for _, opt := range opts {
		opt(&o)
	}
	return o
}

func (o *options) checks(law Law) bool {
	return !slices.Contains(o.except, law)
}
