package flow

import (
	"context"
	"sync/atomic"
)

// FlatMapPrefix runs on a goroutine of its own, as [FromFunc] does, and lets the first n values of in decide what is
// done with the rest: f is called once with them, and the flow that it returns gets the values that follow. The
// stream is what comes of that flow: it ends when the flow does, and in is stopped then. A synchronous flow costs no
// switch of goroutines.
//
// If in is complete before it has given n values, f is called with those that there are, and the rest is empty. If in
// fails before, the stream fails with its error and f is not called. An error of f is what the stream ends with.
// With n of 0, f is called before in is started. A negative n panics.
//
// The context that f gets is that of the run; the slice is f's to keep. The source that the flow gets is one-shot; in
// waits until the flow starts it. The values of the prefix are held until then, or until the flow has ended if it does
// not start it: several streamed messages would wait for each other, so let them be strict, or n be 1.
//
//	in             --a--1--2--3--|
//	FlatMapPrefix  1, [a] => Map v => a, v
//	out            -----a1-a2-a3-|
func FlatMapPrefix[I, O any](in Source[I], n int, f func(ctx context.Context, prefix []I) (Flow[I, O], error)) Source[O] {
	if n < 0 {
		panic("flow: FlatMapPrefix with a negative n")
	}
	return derive("FlatMapPrefix", in, func(ctx context.Context, emit func(O) error, end func(error)) {
		Go(ctx, func() {
			p := &prefixed[I, O]{relay: newRelay[I, O](ctx, emit, end), n: n, f: f, held: retained[I]{keep: newKeeper[I]()}}
			if n == 0 {
				p.decideFirst()
			}
			in.Start(p.input, p.take, p.ended)
		})
	})
}

// A prefixed is one run of FlatMapPrefix.
type prefixed[I, O any] struct {
	*relay[I, O]
	n      int
	f      func(context.Context, []I) (Flow[I, O], error)
	prefix []I // as far as it has come; then it is f's

	held     retained[I] // of the prefix
	released atomic.Bool
}

func (p *prefixed[I, O]) take(v I) error {
	if p.fed != nil {
		return p.handOn(v)
	}
	p.prefix = append(p.prefix, v)
	p.held.hold(v)
	if len(p.prefix) < p.n {
		return nil
	}
	p.decide()
	if isClosed(p.input.Done()) {
		return context.Cause(p.input)
	}
	return nil
}

// decide calls f and starts the flow.
func (p *prefixed[I, O]) decide() {
	prefix := p.prefix
	p.prefix = nil
	p.begin("Rest", func(ctx context.Context, rest Source[I]) (out Source[O], err error) {
		flow, err := p.f(ctx, prefix)
		if err != nil {
			return out, err
		}
		return flow(NewSource("Rest", func(ctx context.Context, emit func(I) error, end func(error)) {
			p.release()
			rest.begin(ctx, emit, end)
		})), nil
	}, p.enough, func(err error) {
		cleanUp(err, p.release, func(err error) {
			p.fail(err)
			p.enough()
			p.done()
		})
	})
}

// decideFirst is decide before in is started. If f leaves the goroutine, in is never started.
func (p *prefixed[I, O]) decideFirst() {
	Guard(func(err error) {
		if err != nil {
			p.ended(err)
		}
	}, func() error {
		p.decide()
		return nil
	})
}

func (p *prefixed[I, O]) release() {
	if !p.released.Swap(true) {
		p.held.release()
	}
}

// ended is the end of in.
func (p *prefixed[I, O]) ended(err error) {
	early := p.fed == nil
	if early && err != nil {
		cleanUp(err, p.release, func(err error) { p.inputEnded(err, false) })
		return
	}
	defer p.inputEnded(err, true) // f may leave the goroutine
	if early && err == nil {
		p.decide()
	}
}
