package flow

import "context"

// Scan emits zero, and then for every value the result of f, which is given the result before and the value. zero
// comes before anything else, also of an empty stream. An error of f ends the stream. The context that f is
// given is that of the run; its error is not looked at once that is cancelled. What zero points to is shared by all runs, as in [Fold].
//
// The result before is held if it is a [Holder], so that f may return it again; zero is not.
//
//	in      -----1--2--3--|
//	Scan    0, sum + v
//	out     0----1--3--6--|
func Scan[T, R any](in Source[T], zero R, f func(context.Context, R, T) (R, error)) Source[R] {
	return derive("Scan", in, func(ctx context.Context, emit func(R) error, end func(error)) {
		s := &scan[R]{state: zero, keep: newKeeper[R]()}
		startAfter(ctx, func() error { return emit(zero) }, in, func(v T) error {
			next, err := f(ctx, s.state, v)
			if err != nil {
				return causeOr(ctx, err)
			}
			if s.keep == keepNone {
				s.state = next
			} else {
				s.set(next)
			}
			return emit(next)
		}, func(err error) {
			if !s.held {
				end(err)
				return
			}
			cleanUp(err, s.clear, end)
		})
	})
}

// A scan is the state of one run of Scan.
type scan[R any] struct {
	state, before R
	held          bool // state is not the zero that the user gave
	keep          keeper[R]
}

func (s *scan[R]) set(state R) {
	held := s.held
	s.before, s.state = s.state, state
	s.keep.hold(&s.state) // first, for it may be the same
	s.held = true
	if held {
		s.keep.release(&s.before)
	}
}

func (s *scan[R]) clear() { s.keep.release(&s.state) }
