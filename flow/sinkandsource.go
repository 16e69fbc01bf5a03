package flow

import (
	"context"
	"errors"
	"sync"
)

// FromSinkAndSource makes a flow of a sink, which takes what comes in, and a source, which gives what goes out,
// each on a goroutine of its own. The two are coupled: when one ends, the other is cancelled at once, and the
// stream ends when both have, with what the first of them ended with. So
//
//   - it is complete when the source is, when what comes in is, or when the sink has had enough;
//   - it fails with the error of the source, of what comes in, or of the sink, whichever is first.
//
// What the other one fails with because it is cancelled does not count, but a panic does, and an error of what follows. The
// result of the sink is dropped.
//
//	in                 --1--2--3--|
//	source             a----b----c----d--…
//	FromSinkAndSource  sink, source
//	sink               --1--2--3--|
//	out                a----b----c|
func FromSinkAndSource[I, R, O any](sink Sink[I, R], source Source[O]) Flow[I, O] {
	return fromSinkAndSource("FromSinkAndSource", sink, source, true)
}

// FromSinkAndSourceUncoupled is [FromSinkAndSource], each side on a goroutine of its own, without the coupling: each goes
// on when the other has ended, also when it has failed. The stream ends when both have, with the first error. Only what must end both
// does: what follows says stop, the run is cancelled, or one of the two panics.
//
//	in                          --1--2--3--|
//	source                      a----b----c----d--|
//	FromSinkAndSourceUncoupled  sink, source
//	sink                        --1--2--3--|
//	out                         a----b----c----d--|
func FromSinkAndSourceUncoupled[I, R, O any](sink Sink[I, R], source Source[O]) Flow[I, O] {
	return fromSinkAndSource("FromSinkAndSourceUncoupled", sink, source, false)
}

func fromSinkAndSource[I, R, O any](name string, sink Sink[I, R], source Source[O], coupled bool) Flow[I, O] {
	return func(in Source[I]) Source[O] {
		return Source[O]{
			start: func(ctx context.Context, emit func(O) error, end func(error)) {
				Go(ctx, func() { runPair(ctx, in, sink, source, coupled, emit, end) })
			},
			node: &Node{Name: name, Inputs: []*Node{
				{Name: sink.describe(), Inputs: []*Node{in.describe()}},
				source.describe(),
			}},
		}
	}
}

func runPair[I, R, O any](
	ctx context.Context, in Source[I], sink Sink[I, R], source Source[O], coupled bool, emit func(O) error, end func(error),
) {
	ctx, cancel := context.WithCancelCause(ctx)
	p := &pair{cancel: cancel, end: end, coupled: coupled, running: 2}
	go sink.begin(ctx, in, func(_ R, err error) { p.ended(err) })
	source.Start(ctx, func(v O) error { return emitOr(p.stop, emit, v) }, p.ended)
}

// A pair is one run of a sink and a source.
type pair struct {
	cancel  context.CancelCauseFunc
	end     func(error)
	coupled bool

	mu      sync.Mutex
	running int
	decided bool
	err     error
}

// errOtherEnded is what the side that was not first is cancelled with when the first one is complete.
var errOtherEnded = errors.New("flow: the other side has ended")

// stop ends both sides with an error of emit, whatever has decided before.
func (p *pair) stop(err error) {
	p.mu.Lock()
	p.decided, p.err = true, orPanic(err, p.err)
	p.mu.Unlock()
	p.cancel(err)
}

// ended is the end of each side.
func (p *pair) ended(err error) {
	_, panicked := err.(*PanicError) // what wraps one has been handled as an error
	p.mu.Lock()
	if p.coupled || err != nil {
		p.decide(err)
	}
	p.running--
	last := p.running == 0
	p.mu.Unlock()

	switch {
	case last:
		p.cancel(nil)
		p.end(p.err)
	case err == nil && p.coupled:
		p.cancel(errOtherEnded)
	case p.coupled || panicked:
		p.cancel(err)
	}
}

func (p *pair) decide(err error) {
	if !p.decided {
		p.decided, p.err = true, err
	}
	p.err = orPanic(p.err, err)
}
