package flow

import (
	"context"
	"sync/atomic"
)

// A fed is a source whose values an operator, the feeder, hands to it one by one: what a flow that
// starts in the midst of a stream has as its input. It keeps emit and end, as a socket does, so that a synchronous flow
// works inside the feeder's call, and needs no goroutine.
//
// It is one-shot: a second run ends with [ErrConsumed]. A flow may start it late, also on another goroutine; the
// first value waits for that. It may never start it: then the feeder goes on when the flow has ended.
//
// feed and close are the feeder's, and their calls do not overlap. All else may come from any goroutine at any time.
type fed[T any] struct {
	ctx      context.Context // the feeder's; when it is cancelled, the feeder calls close
	scope    *scope          // of the flow's start
	unwanted func()          // told when the run has ended because what follows wants no more
	aside    bool            // what the flow does then may take its time, and the feeder does not wait for it

	state atomic.Uint32
	ready chan struct{} // gets a value when feed is to look at the state again
	err   error         // that of close; set before fedDry and fedClosed

	// Those of the run. They are set before fedOpen.
	run     context.Context
	emit    func(T) error
	end     func(error)
	inside  bool // it was started inside the start of the flow
	shared  bool // its context is done when the feeder's is: nobody ends it while the feeder is at work
	unwatch func() bool
}

// The states of a fed. Whoever moves it to fedOver calls end.
const (
	fedIdle     uint32 = iota // not started
	fedDry                    // closed before it was started
	fedStarting               // started; the start that it is part of is still under way
	fedClosed                 // closed while starting
	fedOpen                   // waits for a value
	fedBusy                   // emit is at work
	fedCut                    // cancelled while starting or busy: whoever is at work there ends it
	fedOver
)

// newFed makes a source for a flow that is to be started in its scope.
func newFed[T any](ctx context.Context, unwanted func()) *fed[T] {
	return &fed[T]{ctx: ctx, scope: newScope(ctx), unwanted: unwanted, ready: make(chan struct{}, 1)}
}

// startFed starts a flow, as part of a call of emit, over a source that is fed. emit and end are those of what the flow
// makes of it. A panic of the flow arrives at end.
func startFed[I, O any](
	ctx context.Context, name string, flow func(context.Context, Source[I]) (Source[O], error),
	unwanted func(), emit func(O) error, end func(error),
) *fed[I] {
	f := newFed[I](ctx, unwanted)
	start := func(ctx context.Context, emit func(O) error, end func(error)) {
		out, err := flow(ctx, NewSource(name, f.start))
		if err != nil {
			end(err)
			return
		}
		out.begin(ctx, emit, end)
	}
	Source[O]{start: start}.enter(f.scope, emit, func(err error) {
		f.leave()
		end(err)
	})
	f.launch()
	return f
}

// launch is called when the start of the flow has returned.
func (f *fed[T]) launch() {
	// On goroutines of their own: this one has to feed.
	f.scope.spawn()
	if f.inside && f.state.Load() == fedStarting {
		f.open()
	}
}

// start is the StartFunc of the source.
func (f *fed[T]) start(ctx context.Context, emit func(T) error, end func(error)) {
	if !f.state.CompareAndSwap(fedIdle, fedStarting) {
		err := ErrConsumed
		if f.state.CompareAndSwap(fedDry, fedOver) {
			err = f.err
		}
		end(err)
		return
	}
	f.run, f.emit, f.end = ctx, emit, end
	if sc := scopeOf(ctx); sc == f.scope && !sc.launched {
		f.inside = true
		return
	}
	Go(ctx, f.open)
}

// open lets values in, once the start that the source is part of is over.
func (f *fed[T]) open() {
	f.shared = f.run.Done() == f.ctx.Done()
	if !f.shared {
		f.unwatch = context.AfterFunc(f.run, f.cancelled)
	}
	defer f.wake()
	if f.state.CompareAndSwap(fedStarting, fedOpen) {
		return
	}
	switch f.state.Swap(fedOver) {
	case fedClosed:
		f.finish(f.err)
	case fedCut:
		f.giveUp(context.Cause(f.run))
	}
}

// feed hands v to the run, and waits for it to be started. It reports false if the source is over: no value is
// wanted any more.
func (f *fed[T]) feed(v T) bool {
	if f.state.Load() != fedOpen && !f.await() {
		return false
	}
	if f.shared {
		return emitOr(f.stopped, f.emit, v) == nil
	}
	if !f.state.CompareAndSwap(fedOpen, fedBusy) {
		return false // cancelled
	}
	if emitOr(f.stopped, f.emit, v) != nil {
		return false
	}
	if f.state.CompareAndSwap(fedBusy, fedOpen) {
		return true
	}
	if f.state.Swap(fedOver) == fedCut {
		f.giveUp(context.Cause(f.run))
	}
	return false
}

// await waits for the run to be started. It reports false if there is none to feed.
func (f *fed[T]) await() bool {
	for {
		switch f.state.Load() {
		case fedIdle, fedStarting:
			select {
			case <-f.ready:
			case <-f.ctx.Done():
				return false
			}
		case fedOpen:
			return true
		default:
			return false
		}
	}
}

// close ends the source: with nil, or with the error that the feeder's input has failed with. It is called once.
func (f *fed[T]) close(err error) {
	f.err = err
	for {
		switch state := f.state.Load(); state {
		case fedIdle:
			if f.state.CompareAndSwap(state, fedDry) {
				return
			}
		case fedStarting:
			if f.state.CompareAndSwap(state, fedClosed) {
				return
			}
		case fedOpen:
			if f.state.CompareAndSwap(state, fedOver) {
				f.finish(err)
				return
			}
		default:
			return
		}
	}
}

// leave says that the flow has ended. If it has not started the source, nobody does any more.
func (f *fed[T]) leave() {
	if f.state.Swap(fedOver) != fedOver {
		f.wake()
	}
}

// stopped ends the source with an error of emit.
func (f *fed[T]) stopped(err error) {
	if f.state.Swap(fedOver) != fedOver {
		f.giveUp(err)
	}
}

// cancelled is called when the context of the run is done. A call of emit that is under way is not disturbed.
func (f *fed[T]) cancelled() {
	for {
		switch state := f.state.Load(); state {
		case fedStarting, fedBusy:
			if f.state.CompareAndSwap(state, fedCut) {
				return
			}
		case fedOpen:
			if f.state.CompareAndSwap(state, fedOver) {
				f.giveUp(context.Cause(f.run))
				return
			}
		default:
			return
		}
	}
}

// giveUp ends the source because what follows wants no more.
func (f *fed[T]) giveUp(err error) {
	f.unwanted()
	if f.aside {
		go f.finish(err)
		return
	}
	f.finish(err)
}

func (f *fed[T]) finish(err error) {
	if f.unwatch != nil {
		f.unwatch()
	}
	f.end(err)
}

func (f *fed[T]) wake() {
	select {
	case f.ready <- struct{}{}:
	default:
	}
}
