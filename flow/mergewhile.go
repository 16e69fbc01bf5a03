package flow

import "context"

// MergeWhile is [Merge] for as long as first goes on: it runs each source on a goroutine of its own, and when first is complete, the
// others are cancelled and the stream is complete. What they fail with then does not count, but for a panic. Before that,
// another source that is complete lets the rest go on, and an error of any ends the stream, as with Merge.
//
// It is for answers and what is pushed beside them: first has the answers, and ends when the peer has left.
//
//	first       --1-------2----|
//	b           ----7-8-9---…
//	MergeWhile
//	out         --1-7-8-9-2----|
func MergeWhile[T any](first Source[T], others ...Source[T]) Source[T] {
	all := append([]Source[T]{first}, others...)
	return Source[T]{
		start: func(ctx context.Context, emit func(T) error, end func(error)) {
			Go(ctx, func() {
				runMerge(ctx, all, emit, end, func(m *merge[T], err error) {
					if err == nil {
						m.complete()
					}
					m.ended(err)
				})
			})
		},
		node: &Node{Name: "MergeWhile", Inputs: describeAll(all)},
	}
}
