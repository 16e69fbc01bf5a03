package flow

import "context"

// CombineSinks returns a sink that starts a goroutine for each of sinks, on which it begins; then every value goes to all
// of them, one after the other, on the goroutine that it comes from: the slowest sets the pace. The stream starts when each
// sink runs its source or has ended. The result has that of each sink in its place.
//
// A sink that has had enough gets no more, and the others go on; when all have had enough the stream is stopped. The
// first error of a sink ends it for all: the others are cancelled, and the run ends with that error when they have ended.
// If the stream fails, it fails for each sink, and cancels none. Each sink may run its source once; a second run of it fails with
// [ErrConsumed]. Without a sink the stream is stopped at once.
//
//	in            --1--2--3--|
//	CombineSinks  Head, Last
//	Head          --1|
//	Last          --1--2--3--|
//	result        -----------[1 3]
func CombineSinks[T, R any](sinks ...Sink[T, R]) Sink[T, []R] {
	return newSink("CombineSinks", func(ctx context.Context, in Source[T], done func([]R, error)) {
		if len(sinks) == 0 {
			Cancelled[T]().begin(ctx, in, func(_ struct{}, err error) { done(nil, err) })
			return
		}
		results := make([]R, len(sinks))
		flows := make([]Flow[T, R], len(sinks))
		for i, sink := range sinks {
			flows[i] = sinkFlow[T, R, R](sink, &results[i])
		}
		op := &fanOut[R]{in: &Node{Name: "CombineSinks"}} // the sinks are no uses of in of their own
		op.run(ctx, broadcasting(in, op, flows), nil, func(err error) { done(results, err) })
	})
}
