package gostreams

import (
	"context"
	"sync"
)

// A run is one go-streams chain at work in a stream of ours.
type run struct {
	outer  context.Context // of the stream
	ctx    context.Context // what build is given
	cancel context.CancelCauseFunc

	mu  sync.Mutex
	err error // what the input or the chain failed with first
}

type runKey struct{}

func newRun(outer context.Context) *run {
	ctx, cancel := context.WithCancelCause(outer)
	r := &run{outer: outer, cancel: cancel}
	r.ctx = context.WithValue(ctx, runKey{}, r)
	return r
}

// Fail ends the stream that a chain works in with err, from inside the chain, whose functions cannot return errors. ctx
// is what the build function was given. It is cancelled, which ends connectors and streams of ours in the chain, the input
// of the chain is closed, what its operators still give passes, and then the stream ends. Only the first error of a run counts. A nil err panics, and
// so does a ctx that is not from a build function.
//
// Connectors that report a fatal error by cancelling a context are given Fail:
//
//	extension.WithContextCancel(func() { gostreams.Fail(ctx, errWrite) })
func Fail(ctx context.Context, err error) {
	r, ok := ctx.Value(runKey{}).(*run)
	if !ok {
		panic("gostreams: Fail with a context that is not from a build function")
	}
	if err == nil {
		panic("gostreams: Fail without an error")
	}
	r.fail(err)
}

// failRun fails the run that ctx comes from, if there is one, with what a stream of ours inside the chain ended with.
func failRun(ctx context.Context, err error) {
	if r, ok := ctx.Value(runKey{}).(*run); ok && err != nil && ctx.Err() == nil {
		r.fail(err)
	}
}

func (r *run) fail(err error) {
	r.note(err)
	r.cancel(err)
}

// note writes down an error of the input. The chain is not told, for it still has what came before.
func (r *run) note(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = err
	}
}

// result is what the run ends with when the chain has closed its output and err has come of it.
func (r *run) result(err error) error {
	if err == nil && r.outer.Err() != nil {
		return context.Cause(r.outer)
	}
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// pass hands on what comes out of a chain.
func pass[O any](r *run, out <-chan any, emit func(O) error) error {
	return r.result(outOf[O](out).Run(r.outer, emit))
}
