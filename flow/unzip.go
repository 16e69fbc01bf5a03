package flow

// UnzipWith is [Broadcast] with a value of its own for each of two flows: it starts a goroutine here and there, and
// split makes the two of every value of in. A part for a flow that wants no more is dropped.
//
//	in         --1a-----2b----|
//	UnzipWith  parts, v => v * 10, v => v
//	out        --10-a---20-b--|
func UnzipWith[I, A, B, O any](in Source[I], split func(I) (A, B), first Flow[A, O], second Flow[B, O]) Source[O] {
	op := &fanOut[O]{in: in.describe()}
	findFirst, findSecond := addBranch(op, first), addBranch(op, second)
	return op.source("UnzipWith", feeding(in, func(r *fanRun) func(I) error {
		a, b := findFirst(r), findSecond(r)
		return func(v I) error {
			if err := r.stopped(); err != nil {
				return err
			}
			va, vb := split(v)
			if !a.feed(va) {
				if err := r.stopped(); err != nil {
					return err
				}
			}
			if !b.feed(vb) {
				return r.stopped()
			}
			return nil
		}
	}))
}
