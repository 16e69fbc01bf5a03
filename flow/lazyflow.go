package flow

import "context"

// LazyFlow starts a goroutine, on which the input is started, and another at the first value: then f is called,
// and the flow that it returns gets that value and those after it, each on the goroutine that it comes from. From then on
// the stream is that of the flow: it ends as the flow does, at which the input is stopped. f is called once for each run
// that has a value; if it fails, the stream fails with its error. An input without a value ends the stream as the
// input ended, and f is not called. The flow may run its input once; a second run of it fails with [ErrConsumed].
//
//	in        --1---2---3--|
//	LazyFlow  --f, which returns Map v => v * 10
//	out       --10--20--30-|
func LazyFlow[I, O any](f func(context.Context) (Flow[I, O], error)) Flow[I, O] {
	return func(in Source[I]) Source[O] {
		return derive("LazyFlow", in, func(ctx context.Context, emit func(O) error, end func(error)) {
			pass := newSink("Emit", func(ctx context.Context, out Source[O], done func(struct{}, error)) {
				out.Start(ctx, emit, func(err error) { done(struct{}{}, err) })
			})
			sink := LazySink(func(ctx context.Context) (Sink[I, struct{}], error) {
				flow, err := f(ctx)
				return To(flow, pass), err
			})
			Go(ctx, func() { sink.begin(ctx, in, func(_ struct{}, err error) { end(err) }) })
		})
	}
}
