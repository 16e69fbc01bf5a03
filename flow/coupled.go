package flow

import (
	"context"
	"sync/atomic"
)

// Coupled makes a flow that ends with its input of one that might go on: when the input has ended, what flow is at is cancelled,
// and values that it still holds may be lost. The stream ends once flow has, with what the input ended with; if flow
// is first, with what flow ends with. So an error of the input may overtake values.
//
// It is for answers that nobody waits for any more: a [SwitchMap] whose last source has no end, or a [MapAsync] whose calls take
// long, would otherwise go on when the peer has left.
//
//	in       --1-------2----|
//	flow     ----a-a-a---b-b-b-b-b…
//	Coupled  flow
//	out      ----a-a-a---b-b|
func Coupled[I, O any](flow Flow[I, O]) Flow[I, O] {
	return func(in Source[I]) Source[O] {
		key := new(int) // of this application: each finds its own run
		out := flow(derive("Input", in, func(ctx context.Context, emit func(I) error, end func(error)) {
			run, _ := ctx.Value(key).(*coupledRun)
			stopped := false
			in.begin(ctx, func(v I) error {
				err := emit(v)
				stopped = err != nil
				return err
			}, func(err error) {
				// An input that flow has stopped or cancelled has not ended by itself.
				if run != nil && !stopped && ctx.Err() == nil {
					run.inputEnded(err)
				}
				end(err)
			})
		}))
		return derive("Coupled", out, func(outer context.Context, emit func(O) error, end func(error)) {
			run := &coupledRun{}
			var ctx context.Context
			ctx, run.cancel = context.WithCancelCause(context.WithValue(outer, key, run))
			var stop error
			out.begin(ctx, func(v O) error {
				stop = emit(v)
				return stop
			}, func(err error) {
				run.cancel(nil)
				end(run.verdict(stop, err))
			})
		})
	}
}

// A coupledRun is one run of a Coupled.
type coupledRun struct {
	cancel context.CancelCauseFunc
	ended  atomic.Pointer[error] // what the input ended with
}

func (r *coupledRun) inputEnded(err error) {
	if !r.ended.CompareAndSwap(nil, &err) {
		return // a flow may run its input again
	}
	if err == nil {
		r.cancel(errOtherEnded)
	} else {
		r.cancel(err)
	}
}

// verdict returns what the stream ends with if the flow has ended with err.
func (r *coupledRun) verdict(stop, err error) error {
	_, panicked := err.(*PanicError)
	ended := r.ended.Load()
	if stop != nil || panicked || ended == nil {
		return err
	}
	return *ended
}
