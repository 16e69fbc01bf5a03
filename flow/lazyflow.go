package flow

import "context"

// LazyFlow runs on a goroutine of its own, as [FromFunc] does: at the first value f is called, and the flow that it
// returns gets that value and those after it. From then on the stream is that of the flow: it ends when the flow does,
// and the input is stopped then. f is called once for each run that has a value; if it fails, the stream fails with
// its error. An input without a value ends the stream as the input ended, and f is not called. A synchronous flow costs
// no switch of goroutines. The source that the flow gets is one-shot; the input waits until the flow starts it.
//
//	in        --1---2---3--|
//	LazyFlow  f, which is called at 1 and returns Map v => v * 10
//	out       --10--20--30-|
func LazyFlow[I, O any](f func(context.Context) (Flow[I, O], error)) Flow[I, O] {
	return func(in Source[I]) Source[O] {
		return derive("LazyFlow", in, func(ctx context.Context, emit func(O) error, end func(error)) {
			Go(ctx, func() { runLazy(ctx, in, f, emit, end) })
		})
	}
}

func runLazy[I, O any](
	ctx context.Context, in Source[I], f func(context.Context) (Flow[I, O], error), emit func(O) error, end func(error),
) {
	l := &lazy[I, O]{relay: newRelay[I, O](ctx, emit, end), f: f}
	in.Start(l.input, l.take, func(err error) { l.inputEnded(err, l.fed != nil) })
}

// A lazy is one run of LazyFlow.
type lazy[I, O any] struct {
	*relay[I, O]
	f func(context.Context) (Flow[I, O], error)
}

func (l *lazy[I, O]) take(v I) error {
	if l.fed == nil {
		l.begin("LazyFlow", func(ctx context.Context, in Source[I]) (out Source[O], err error) {
			flow, err := l.f(ctx)
			if err != nil {
				return out, err
			}
			return flow(in), nil
		}, l.enough, func(err error) {
			l.fail(err)
			l.enough()
			l.done()
		})
	}
	return l.handOn(v)
}
