package flow

import (
	"context"
	"slices"
)

// TakeLast emits the last n values of in once it is complete, or all if there are fewer; if in fails, it emits none.
// With n of 0 or less it runs in and emits nothing.
//
// Up to n values are kept, and held if they are [Holder]s: see [Grouped].
//
//	in        --1--2--3--|
//	TakeLast  2
//	out       -----------2-3|
func TakeLast[T any](in Source[T], n int) Source[T] {
	return operator("TakeLast", in, func(ctx context.Context, emit func(T) error, end func(error)) (func(T) error, func(error)) {
		l := &lastValues[T]{n: n, keep: newKeeper[T]()}
		return l.take, func(err error) {
			Guard(func(err error) { cleanUp(err, l.release, end) }, func() error {
				if err != nil {
					return err
				}
				return l.emitAll(ctx, emit)
			})
		}
	})
}

// A lastValues keeps up to n values, from oldest on in a circle.
type lastValues[T any] struct {
	n      int
	keep   keeper[T]
	values []T
	oldest int
}

func (l *lastValues[T]) take(v T) error {
	if l.n <= 0 {
		return nil
	}
	if len(l.values) < l.n {
		l.values = append(l.values, v)
		l.keep.hold(&l.values[len(l.values)-1])
		return nil
	}
	slot := &l.values[l.oldest]
	if l.keep == keepNone {
		*slot = v
	} else {
		l.keep.release(slot)
		*slot = v
		l.keep.hold(slot)
	}
	if l.oldest++; l.oldest == l.n {
		l.oldest = 0
	}
	return nil
}

func (l *lastValues[T]) release() {
	for i := range l.values {
		l.keep.release(&l.values[i])
	}
}

func (l *lastValues[T]) emitAll(ctx context.Context, emit func(T) error) error {
	l.values = slices.Concat(l.values[l.oldest:], l.values[:l.oldest])
	for len(l.values) > 0 {
		if isClosed(ctx.Done()) {
			return context.Cause(ctx)
		}
		if err := l.handOn(emit); err != nil {
			return err
		}
	}
	return nil
}

func (l *lastValues[T]) handOn(emit func(T) error) error {
	v := &l.values[0]
	l.values = l.values[1:]
	defer l.keep.release(v)
	return emit(*v)
}
