package flow

import (
	"context"
	"errors"
)

// TakeWhile passes on the values for which keep is true, and ends the stream at the first for which it is not.
// That one is left out; [TakeUntil] passes it on.
//
//	in         --1--2--3--4--|
//	TakeWhile  v < 3
//	out        --1--2--|
func TakeWhile[T any](in Source[T], keep func(T) bool) Source[T] {
	return takeTo("TakeWhile", in, func(v T) (pass, last bool) {
		kept := keep(v)
		return kept, !kept
	})
}

// TakeUntil passes on the values up to and including the first for which last is true, and then ends the stream. last
// is asked before the value is passed on.
//
//	in         --1--2--3--4--|
//	TakeUntil  v is 3
//	out        --1--2--3|
func TakeUntil[T any](in Source[T], last func(T) bool) Source[T] {
	return takeTo("TakeUntil", in, func(v T) (bool, bool) { return true, last(v) })
}

// takeTo ends the stream at the first value that judge calls the last.
func takeTo[T any](name string, in Source[T], judge func(T) (pass, last bool)) Source[T] {
	return derive(name, in, func(ctx context.Context, emit func(T) error, end func(error)) {
		stop := errors.New("flow: last value taken")
		next := func(v T) error {
			pass, last := judge(v)
			if pass {
				if err := emit(v); err != nil {
					return err
				}
			}
			if last {
				return stop
			}
			return nil
		}
		in.begin(ctx, next, unless(stop, end))
	})
}
