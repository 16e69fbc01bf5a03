package flow

import "fmt"

// Partition is [Broadcast] with one flow for each value: it starts a goroutine here and there, and every value
// goes to the flow whose number, from 0, choose returns. A number without a flow is a panic, and ends the
// stream as one. A value for a flow that wants no more is dropped.
//
//	in         --1---2---3---4--|
//	Partition  v => v % 2, even => even, odd => odd * 10
//	out        --10--2---30--4--|
func Partition[I, O any](in Source[I], choose func(I) int, flows ...Flow[I, O]) Source[O] {
	op := &fanOut[O]{in: in.describe()}
	return op.source("Partition", partitioning(in, op, choose, flows))
}

func partitioning[I, O any](in Source[I], op *fanOut[O], choose func(I) int, flows []Flow[I, O]) func(*fanRun) {
	find := addBranches(op, flows)
	return feeding(in, func(r *fanRun) func(I) error {
		branches := find(r)
		return func(v I) error {
			if err := r.stopped(); err != nil {
				return err
			}
			n := choose(v)
			if n < 0 || n >= len(branches) {
				panic(fmt.Sprintf("flow: Partition chose flow %d of %d", n, len(branches)))
			}
			if !branches[n].feed(v) {
				return r.stopped()
			}
			return nil
		}
	})
}
