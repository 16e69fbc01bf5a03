package flow

import "context"

// FlatMapMerge starts a goroutine for each value: it runs the source that f makes of it, up to breadth of them at the
// same time, and emits their values as they come, those of one source in their order. While breadth sources are at
// work, in waits; f itself is called for one value after the other. It is complete when in is, and all of the sources.
// The first error, of in or of a source, cancels the others, and the stream ends with it when they have ended; if emit
// says stop meanwhile, it ends with that. A breadth of less than 1 panics.
//
// A source of sources is merged by an f that returns its argument.
//
//	in            --1--2-----------3-------|
//	FlatMapMerge  2, v => v, then v * 10 a little later
//	out           --1--2--10-20----3-----30|
func FlatMapMerge[I, O any](in Source[I], breadth int, f func(I) Source[O]) Source[O] {
	if breadth < 1 {
		panic("flow: FlatMapMerge with a breadth of less than 1")
	}
	return derive("FlatMapMerge", in, func(ctx context.Context, emit func(O) error, end func(error)) {
		Go(ctx, func() { runFlatMapMerge(ctx, in, breadth, f, emit, end) })
	})
}

func runFlatMapMerge[I, O any](
	ctx context.Context, in Source[I], breadth int, f func(I) Source[O], emit func(O) error, end func(error),
) {
	ctx, cancel := context.WithCancelCause(ctx)
	m := &merge[O]{ctx: ctx, cancel: cancel, emit: emit, end: end, gate: newGate()}
	m.running.Store(1) // in
	slots := make(chan struct{}, breadth)
	keep := newKeeper[I]()
	done := ctx.Done()
	take := m.take // a method value, made once and not for each source
	ended := func(err error) {
		<-slots
		m.ended(err)
	}
	in.Start(ctx, func(v I) error {
		if isClosed(done) {
			return context.Cause(ctx)
		}
		select {
		case slots <- struct{}{}:
		case <-done:
			return context.Cause(ctx)
		}
		source := f(v)
		end := keep.until(v, ended) // Hold may panic
		m.running.Add(1)
		go source.Start(ctx, take, end)
		return nil
	}, m.ended)
}
