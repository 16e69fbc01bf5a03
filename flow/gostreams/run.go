package gostreams

import (
	"context"
	"errors"
	"sync"
	"time"
)

// A run is one go-streams chain at work in a stream of ours.
type run struct {
	outer  context.Context // of the stream
	ctx    context.Context // what build is given
	cancel context.CancelCauseFunc

	options   options
	reading   context.Context // what comes out of the chain is read with it
	leave     context.CancelCauseFunc
	leftAlone error // what reading is cancelled with; an error of this run alone

	mu    sync.Mutex
	err   error // what the input or the chain failed with first
	timer *time.Timer
}

type runKey struct{}

func newRun(outer context.Context, o options) *run {
	ctx, cancel := context.WithCancelCause(outer)
	r := &run{outer: outer, cancel: cancel, options: o, leftAlone: errors.New("gostreams: the chain was left behind")}
	r.ctx = context.WithValue(ctx, runKey{}, r)
	r.reading, r.leave = context.WithCancelCause(outer)
	return r
}

// close is the end of the run. If there is a chain, it waits for it, as long as the options say.
func (r *run) close(output <-chan any) {
	r.mu.Lock()
	if r.timer != nil {
		r.timer.Stop()
	}
	r.mu.Unlock()
	switch {
	case output == nil:
	case context.Cause(r.reading) == r.leftAlone: // it has had its time
		go drain(output)
	default:
		r.options.drain(output)
	}
	r.leave(nil)
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

// note writes down an error of the input. The chain is not told, for it still has what came before; how long it may
// take to give that is for the options to say.
func (r *run) note(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil || err == nil {
		return
	}
	r.err = err
	if r.options.leaks && r.ctx.Err() == nil {
		r.timer = time.AfterFunc(r.options.leakAfter, func() { r.leave(r.leftAlone) })
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
	err := outOf[O](out).Run(r.reading, emit)
	if err == r.leftAlone {
		err = nil
	}
	return r.result(err)
}
