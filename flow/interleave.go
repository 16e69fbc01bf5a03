package flow

import (
	"context"
	"slices"
)

// Interleave starts a goroutine for each source: it emits n values of the first source, then n of the second, and
// so on in turns. A source that is complete is left out from then on, and the stream is complete when all are. A source
// whose turn it is and which has no value lets the others wait; up to 32 values of each wait. An error of a source
// takes the place of its next value. An n of less than 1 panics.
//
//	a           --1--2--3--4--5--|
//	b           --6--7--8--|
//	Interleave  2
//	out         --1--2--6--7--3--4--8--5--|
func Interleave[T any](n int, sources ...Source[T]) Source[T] {
	if n < 1 {
		panic("flow: Interleave of less than 1 value in a row")
	}
	return pulling("Interleave", sources, func(in *inputs, all []*pull[T], emit func(T) error) error {
		for turn, taken := 0, 0; len(all) > 0; {
			p := all[turn]
			slot, ended := p.ring.first(in.done)
			var err error
			switch {
			case ended:
				err = p.ring.err
				all = slices.Delete(all, turn, turn+1)
				taken = 0
			case slot == nil:
				err = context.Cause(in.outer)
			default:
				err = p.handOn(slot, emit)
				taken++
			}
			if err != nil {
				return err
			}
			if taken == n {
				turn, taken = turn+1, 0
			}
			if turn >= len(all) {
				turn = 0
			}
		}
		return nil
	})
}
