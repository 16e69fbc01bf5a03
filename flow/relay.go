package flow

import (
	"context"
	"errors"
	"sync"
)

// A relay is one run of an operator that hands its input to a flow, or to one after the other. The flows emit what
// the operator does. It ends when the input has ended, and the flow at work.
type relay[I, O any] struct {
	ctx   context.Context // that of the flows
	emit  func(O) error
	end   func(error)
	input context.Context         // that of the input
	quit  context.CancelCauseFunc // cancels it
	stop  error                   // what it is cancelled with if no more is wanted; of this run alone
	fed   *fed[I]                 // feeds the flow at work; of the input's goroutine alone

	mu      sync.Mutex
	running int // the input, and the flow at work
	err     error
	last    error // what the stream ends with if no flow has failed
}

func newRelay[I, O any](ctx context.Context, emit func(O) error, end func(error)) *relay[I, O] {
	r := &relay[I, O]{ctx: ctx, emit: emit, end: end, stop: errors.New("flow: flow has ended"), running: 1}
	r.input, r.quit = context.WithCancelCause(ctx)
	return r
}

// begin starts a flow with the values that are fed from now on. ended is called when it has ended.
func (r *relay[I, O]) begin(
	name string, flow func(context.Context, Source[I]) (Source[O], error), unwanted func(), ended func(error),
) {
	r.mu.Lock()
	r.running++
	r.mu.Unlock()
	r.fed = startFed(r.ctx, name, flow, unwanted, r.emit, ended)
}

// enough stops the input.
func (r *relay[I, O]) enough() { r.quit(r.stop) }

// handOn feeds the flow. Values that it does not want are dropped, unless the input is to stop.
func (r *relay[I, O]) handOn(v I) error {
	if !r.fed.feed(v) && isClosed(r.input.Done()) {
		return context.Cause(r.input)
	}
	return nil
}

// fail says what the stream ends with, if it is the first error.
func (r *relay[I, O]) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = err
	}
	r.err = orPanic(r.err, err)
}

// inputEnded is called when the input has ended: the flow at work, if there is one, is told. decides says that the
// flow decides what becomes of an error; a panic is not for it to drop.
func (r *relay[I, O]) inputEnded(err error, decides bool) {
	defer r.done() // what the flow emits when it ends may leave the goroutine
	if _, panicked := err.(*PanicError); panicked || !decides {
		r.mu.Lock()
		r.last = err
		r.mu.Unlock()
	}
	if r.fed != nil {
		r.fed.close(err)
	}
}

// done is called when the input, or a flow, has ended.
func (r *relay[I, O]) done() {
	r.mu.Lock()
	r.running--
	last := r.running == 0
	r.mu.Unlock()
	if !last {
		return
	}
	r.quit(nil)
	if r.err == nil {
		r.err = r.last
	}
	r.end(orPanic(r.err, r.last))
}
