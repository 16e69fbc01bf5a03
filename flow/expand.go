package flow

import (
	"context"
	"iter"
)

// Expand starts a goroutine: it lets in and what follows work at the same time, and emits the elements of f of the
// newest value until the next one comes, but at least the first of each that has any. They are emitted as fast as what
// follows takes them: one that takes everything at once gets as many elements as there is time for. Something that
// has a pace of its own is meant to follow, such as a [Throttle], or a socket that is full. When in has ended, so
// has the stream, after the first element of the last value. An error of in comes then too.
//
//	in      --1-------2-----|
//	Expand  v => v, v, v, …; what follows takes 3 for each
//	out     --1--1--1--2--2--|
func Expand[I, O any](in Source[I], f func(I) iter.Seq[O]) Source[O] {
	return expand("Expand", in, f)
}

// Extrapolate is [Expand], which starts a goroutine, with the value itself always the first: f of it is what may come after
// it.
//
//	in           --1-------5-----|
//	Extrapolate  v => v+1, v+2, …; what follows takes 3 for each
//	out          --1--2--3--5--6--|
func Extrapolate[T any](in Source[T], f func(T) iter.Seq[T]) Source[T] {
	return expand("Extrapolate", in, func(v T) iter.Seq[T] {
		return func(yield func(T) bool) {
			if yield(v) {
				f(v)(yield)
			}
		}
	})
}

func expand[I, O any](name string, in Source[I], f func(I) iter.Seq[O]) Source[O] {
	return derive(name, in, func(ctx context.Context, emit func(O) error, end func(error)) {
		Go(ctx, func() {
			outer := ctx
			ctx, cancel := context.WithCancelCause(ctx)
			a := &async[I]{ctx: ctx, outer: outer, ring: newRing[I](1, 0), keep: newKeeper[I]()}
			// The value is held until its last element is taken.
			a.emit = func(v I) error { return emitUntilNext(outer, a.ring, f(v), emit) }
			apart(ctx, cancel, in, a.take, a.ring.close, a.pass, func() { a.ring.each(a.keep.release) }, end)
		})
	})
}

// emitUntilNext emits the elements of seq, but no second one when there is something new in the ring.
func emitUntilNext[I, O any](ctx context.Context, r *ring[I], seq iter.Seq[O], emit func(O) error) error {
	done := ctx.Done()
	first := true
	for o := range seq {
		if !first && (r.head.Load() != r.tail.Load() || r.closed.Load()) {
			return nil
		}
		first = false
		if isClosed(done) {
			return context.Cause(ctx)
		}
		if err := emit(o); err != nil {
			return err
		}
	}
	return nil
}
