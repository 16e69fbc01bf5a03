package flow

// Broadcast starts a goroutine here and there, where a flow starts late or ends early, but none for the values: every
// value of in goes to every flow, one flow after the other, and what comes out of them is merged as it comes. The
// slowest flow paces all; those that are to work at the same time begin with [Async] or have a [MapAsync]. What one
// flow gives keeps its order.
//
// The stream is complete when all flows are. A flow that wants no more values gets none, and the others go on; when
// no flow wants any, in is stopped. An error of in goes to every flow, behind the values that are on their way there. The first flow that
// fails otherwise ends the stream and cancels the others, and so does what follows when it says stop.
//
// in is started when every flow has started its input or has ended, so a flow that takes its time for that lets all
// wait. The input of a flow is one-shot. Without flows the stream is empty. The flows are called once, when the operator
// is made.
//
//	in         --1-----2-----3--|
//	Broadcast  v => v, v => v * 10
//	out        --1-10--2-20--3-30--|
func Broadcast[I, O any](in Source[I], flows ...Flow[I, O]) Source[O] {
	op := &fanOut[O]{in: in.describe()}
	return op.source("Broadcast", broadcasting(in, op, flows))
}

func broadcasting[I, O any](in Source[I], op *fanOut[O], flows []Flow[I, O]) func(*fanRun) {
	find := addBranches(op, flows)
	return feeding(in, func(r *fanRun) func(I) error {
		branches := find(r)
		return func(v I) error {
			if err := r.stopped(); err != nil {
				return err
			}
			for _, b := range branches {
				if b.feed(v) {
					continue
				}
				if err := r.stopped(); err != nil {
					return err
				}
			}
			return nil
		}
	})
}
