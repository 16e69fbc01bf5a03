package flow

import "time"

// KeepAlive passes on every value, with a timer: when in has given nothing for d, since the start or since the last
// value was taken, it emits what inject returns, and again after each d of silence. What inject makes counts as a
// value. It is for peers and proxies that drop what is silent. A d of 0 or less panics.
//
//	in         --1--2-----------------3--|
//	KeepAlive  8, () => k
//	out        --1--2-------k-------k-3--|
func KeepAlive[T any](in Source[T], d time.Duration, inject func() T) Source[T] {
	mustBePositive("KeepAlive", d)
	return timedOperator("KeepAlive", in, func(t *timed[T, T]) timedOps[T] {
		t.at(d)
		return &keepAlive[T]{t: t, d: d, inject: inject}
	})
}

type keepAlive[T any] struct {
	t      *timed[T, T]
	d      time.Duration
	inject func() T
}

func (k *keepAlive[T]) take(v T) error {
	if err := k.t.emit(v); err != nil {
		return err
	}
	k.t.at(k.t.now() + k.d)
	return nil
}

func (k *keepAlive[T]) ring() error { return k.take(k.inject()) }

func (k *keepAlive[T]) last() error { return nil }

func (k *keepAlive[T]) drop() {}
