package flow

import "time"

// Debounce emits a value, with a timer, once d has gone by without another one; what another one follows sooner is
// dropped. The last value passes when in ends. A d of 0 or less panics.
//
//	in        --1--2--3-----------4-----5--|
//	Debounce  5
//	out       -------------3-----------4---5|
func Debounce[T any](in Source[T], d time.Duration) Source[T] {
	mustBePositive("Debounce", d)
	return timedOperator("Debounce", in, func(t *timed[T, T]) timedOps[T] {
		return &debounce[T]{t: t, d: d, keep: newKeeper[T]()}
	})
}

// A debounce keeps the newest value.
type debounce[T any] struct {
	t    *timed[T, T]
	d    time.Duration
	keep keeper[T]
	v    T
	has  bool
}

func (b *debounce[T]) take(v T) error {
	b.drop()
	b.v, b.has = v, true
	b.keep.hold(&b.v)
	b.t.at(b.t.now() + b.d)
	return nil
}

func (b *debounce[T]) ring() error { return b.last() }

func (b *debounce[T]) last() error {
	if !b.has {
		return nil
	}
	defer b.drop()
	return b.t.emit(b.v)
}

func (b *debounce[T]) drop() {
	if b.has {
		b.has = false
		b.keep.release(&b.v)
	}
}
