package flow

import (
	"context"
	"sync/atomic"
	"time"
)

// RestartFlow starts a goroutine for in, which goes on while the flow that factory makes is restarted: when what comes
// out of that flow has ended, it waits as the settings say, calls factory again, and goes on with the next. Up to 16
// values of in wait meanwhile; then in does. With OnFailuresOnly the stream is complete when what a flow gives is. An
// error of factory counts as one of its flow. When there is no restart any more, the stream ends as the last flow did,
// and in is cancelled. A panic is not a reason for a restart, nor is an error of what follows.
//
// What a flow has taken when it ends is lost, with the replies to it; no value is given to two flows. A flow that was
// given the end of in is the last one. If in ends after a flow has, with no value left for the next, the stream ends with the
// error of in, or else as that flow did. So a client that is to come back is not fed a list, but a list and then [Never].
//
// RestartSettings that are negative, or whose MaxBackoff is less than MinBackoff, panic.
//
//	in           --1--2-----3------|
//	first        --a--X
//	second                    --b--c--|
//	RestartFlow  1s
//	out          --a-----1s-----b--c--|
func RestartFlow[I, O any](s RestartSettings, factory func(context.Context) (Flow[I, O], error)) Flow[I, O] {
	s = s.resolved("RestartFlow")
	return func(in Source[I]) Source[O] {
		return derive("RestartFlow", in, func(ctx context.Context, emit func(O) error, end func(error)) {
			Go(ctx, func() {
				r := &restartFlow[I, O]{
					failing: failing[O]{ctx: ctx, emit: emit}, backoff: backoff{RestartSettings: s},
					factory: factory, inEnded: make(chan struct{}),
				}
				r.run(in, end)
			})
		})
	}
}

// A restartFlow is one run of RestartFlow. Its input puts values into a ring, which one inner flow after the other takes them from.
type restartFlow[I, O any] struct {
	failing[O]
	backoff
	factory func(context.Context) (Flow[I, O], error)
	port    *async[I]
	inEnded chan struct{}
	reading atomic.Bool // a flow runs its input
	told    bool        // a flow has been told that the input has ended
}

func (r *restartFlow[I, O]) run(in Source[I], end func(error)) {
	ctx, cancel := context.WithCancelCause(r.ctx)
	ring := newRing[I](asyncBuffer, asyncBuffer/2)
	r.port = &async[I]{ctx: ctx, ring: ring, keep: newKeeper[I]()}
	closed := func(err error) {
		ring.close(err)
		close(r.inEnded)
	}
	apart(ctx, cancel, in, r.port.take, closed, r.loop, func() { ring.each(r.port.keep.release) }, end)
}

func (r *restartFlow[I, O]) loop() error {
	for {
		r.begin()
		next, err := r.factory(r.ctx)
		if err == nil {
			err = next(r.input()).Run(r.ctx, r.pass)
		}
		if r.told {
			return r.verdict(err)
		}
		pause, again := r.restart(&r.backoff, err)
		if !again || !r.wait(pause) {
			return r.withoutFlow(err)
		}
	}
}

// input is what a flow reads in.
func (r *restartFlow[I, O]) input() Source[I] {
	return loopSource("RestartFlow", func(ctx context.Context, emit func(I) error) error {
		if !r.reading.CompareAndSwap(false, true) {
			return ErrConsumed // another run of it has not ended
		}
		defer r.reading.Store(false)
		f := &failing[I]{ctx: ctx, emit: emit}
		a := &async[I]{outer: ctx, emit: f.pass, ring: r.port.ring, keep: r.port.keep}
		err := a.pass()
		r.told = f.stop == nil && ctx.Err() == nil && r.drained()
		return err
	})
}

// drained reports whether in has ended and no value of it is left. It is called by whoever may take values.
func (r *restartFlow[I, O]) drained() bool {
	_, ended := r.port.ring.first(closedChan)
	return ended
}

// closedChan is for those who do not want to wait.
var closedChan = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// wait reports false if no flow is to come after it.
func (r *restartFlow[I, O]) wait(pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	ended := r.inEnded
	for {
		select {
		case <-timer.C:
			return true
		case <-r.ctx.Done():
			return false
		case <-ended:
			if r.drained() {
				return false
			}
			ended = nil // the values that are left are for the next flow
		}
	}
}

// withoutFlow is what the stream ends with when no flow comes after the one that ended with err.
func (r *restartFlow[I, O]) withoutFlow(err error) error {
	if r.stop == nil && r.drained() && r.port.ring.err != nil {
		err = r.port.ring.err
	}
	return r.verdict(err)
}
