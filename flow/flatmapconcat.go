package flow

import "context"

// FlatMapConcat runs on a goroutine of its own, as [FromFunc] does, and emits the values of the source that f makes of
// each value, one source after the other. While one of them runs, in waits; a synchronous one costs no switch of
// goroutines. It is complete when in is, and the source of its last value; the first error, of in or of a source, ends
// the stream.
//
// A source of sources is flattened by an f that returns its argument.
//
//	in             --1--------2--------3--|
//	FlatMapConcat  v => v, v * 10
//	out            --1--10----2--20----3--30|
func FlatMapConcat[I, O any](in Source[I], f func(I) Source[O]) Source[O] {
	return derive("FlatMapConcat", in, func(ctx context.Context, emit func(O) error, end func(error)) {
		// A task, since emit is called by whatever goroutine the source of f works on, which a start does not allow.
		Go(ctx, func() {
			inner := newEnding()
			ended := inner.ended
			in.Start(ctx, func(v I) error {
				source := f(v)
				inner.reset()
				source.Start(ctx, emit, ended)
				return inner.await()
			}, end)
		})
	})
}
