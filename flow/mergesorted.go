package flow

import "slices"

// MergeSorted starts a goroutine for each source: it merges sources that are sorted already into one that is. cmp
// compares as for [slices.SortFunc]; of values that are equal, that of the source named first comes first. A value is
// emitted once every source that has not ended has one to compare it with. It is complete when all sources are;
// an error of one ends the stream once the values before it have passed. Up to 32 values of a source wait.
//
// What Akka calls mergeSequence is MergeSorted with the comparison of the sequence numbers.
//
//	a            --1-----4-----5--|
//	b            --2--3-----6--|
//	MergeSorted
//	out          --1-----2-3-4-5--6|
func MergeSorted[T any](cmp func(T, T) int, sources ...Source[T]) Source[T] {
	if cmp == nil {
		panic("flow: MergeSorted without a comparison")
	}
	return pulling("MergeSorted", sources, func(in *inputs, all []*pull[T], emit func(T) error) error {
		for len(all) > 0 {
			var lowest *pull[T]
			var first *T
			quiet := false
			for i := 0; i < len(all); i++ {
				p := all[i]
				slot, ended := p.look()
				switch {
				case ended && p.ring.err != nil:
					return p.ring.err
				case ended:
					all = slices.Delete(all, i, i+1)
					i--
				case slot == nil:
					quiet = true
				case first == nil || cmp(*slot, *first) < 0:
					lowest, first = p, slot
				}
			}
			var err error
			switch {
			case quiet:
				err = in.wait()
			case lowest != nil:
				err = lowest.handOn(first, emit)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}
