package flow

import (
	"context"
	"slices"
)

// Sliding passes on windows of n values, each of which begins step values after the one before. With a step of less
// than n they overlap; with one of more, the values between them are left out. When the stream is complete, a last
// window that is shorter is passed on if it has a value that no window before it had; if the stream fails, it
// is dropped. Each window is a new slice, which belongs to who gets it. An n or step of less than 1 panics.
//
// A [Holder] is held until emit has returned from the last window that it is in, as in [Grouped].
//
//	in       --1--2--3--4--5--6--|
//	Sliding  3, 2
//	out      --------123---345---56|
func Sliding[T any](in Source[T], n, step int) Source[[]T] {
	if n < 1 || step < 1 {
		panic("flow: Sliding with a size or a step of less than 1")
	}
	return operator("Sliding", in, func(ctx context.Context, emit func([]T) error, end func(error)) (func(T) error, func(error)) {
		s := &sliding[T]{ctx: ctx, n: n, step: step, emit: emit, keep: newKeeper[T]()}
		return s.take, func(err error) {
			Guard(func(err error) {
				cleanUp(err, func() { s.drop(len(s.window)) }, end)
			}, func() error { return s.finish(err) })
		}
	})
}

// A sliding is one run of Sliding.
type sliding[T any] struct {
	ctx     context.Context
	n, step int
	emit    func([]T) error
	keep    keeper[T]

	window []T  // the values of the next window so far, which are held
	fresh  bool // one of them was in no window yet
	skip   int  // values to leave out before the next one
}

func (s *sliding[T]) take(v T) error {
	if s.skip > 0 {
		s.skip--
		return nil
	}
	s.window = append(s.window, v)
	s.keep.hold(&s.window[len(s.window)-1])
	s.fresh = true
	if len(s.window) < s.n {
		return nil
	}
	err := s.emit(slices.Clone(s.window))
	s.drop(min(s.step, s.n))
	s.fresh = false
	s.skip = max(s.step-s.n, 0)
	return err
}

// drop releases the first n values of the window.
func (s *sliding[T]) drop(n int) {
	defer func() { s.window = slices.Delete(s.window, 0, n) }() // also if Release panics
	for i := range n {
		s.keep.release(&s.window[i])
	}
}

// finish emits what is left when the input is complete.
func (s *sliding[T]) finish(err error) error {
	switch {
	case err != nil || !s.fresh:
		return err
	case isClosed(s.ctx.Done()):
		return context.Cause(s.ctx)
	}
	return s.emit(slices.Clone(s.window))
}
