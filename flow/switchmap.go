package flow

import (
	"context"
	"errors"
	"sync"
)

// SwitchMap starts a goroutine for each value: it runs the source that f makes of it, and emits its values until
// the next value of in comes, for in is read meanwhile. Then the source is cancelled, and emits nothing more; once
// it has ended, f is called with the new value. So at most one source is at work, and one that is slow to end keeps
// in waiting. What a source that was cancelled ends with does not count, unless it is a panic.
//
// It is complete when in is, and the source of its last value. The first error, of in or of the source at work, cancels
// the other one, and the stream ends with it; if emit says stop meanwhile, it ends with that.
//
// It is how a client changes what it has subscribed to: the newest request replaces the one before.
//
// f is called when the source before has ended, so that what f and its sources share needs no lock.
//
// With a last source that has no end the stream has none either, also when in is complete: [Coupled] ends it then.
//
//	in         --1--------2-----3---------|
//	SwitchMap  v => v, v, v, … now and then
//	out        --1--1--1--2--2--3--3--3--…
func SwitchMap[I, O any](in Source[I], f func(I) Source[O]) Source[O] {
	return derive("SwitchMap", in, func(ctx context.Context, emit func(O) error, end func(error)) {
		Go(ctx, func() { runSwitchMap(ctx, in, f, emit, end) })
	})
}

func runSwitchMap[I, O any](ctx context.Context, in Source[I], f func(I) Source[O], emit func(O) error, end func(error)) {
	ctx, cancel := context.WithCancelCause(ctx)
	s := &switchMap[I, O]{
		ctx: ctx, cancel: cancel, f: f, emit: emit, end: end, keep: newKeeper[I](),
		switched: errors.New("flow: switched to a newer value"), running: 1,
	}
	in.Start(ctx, s.take, func(err error) {
		s.fail(err)
		s.done()
	})
}

// A switchMap is one run of SwitchMap. Only the source at work emits, so that no lock is needed for that.
type switchMap[I, O any] struct {
	ctx      context.Context
	cancel   context.CancelCauseFunc
	f        func(I) Source[O]
	emit     func(O) error
	end      func(error)
	keep     keeper[I]
	switched error       // what sources are cancelled with; of this run alone
	current  *switchedTo // the source of the newest value; used by take alone

	mu      sync.Mutex
	running int // in, and the source at work
	err     error
}

// A switchedTo is the run of one source of a SwitchMap.
type switchedTo struct {
	leave context.CancelCauseFunc
	ended chan struct{}
}

func (s *switchMap[I, O]) take(v I) error {
	if s.current != nil {
		s.current.leave(s.switched)
		<-s.current.ended
		s.current = nil
	}
	if isClosed(s.ctx.Done()) {
		return context.Cause(s.ctx)
	}
	source := s.f(v)
	ctx, leave := context.WithCancelCause(s.ctx)
	current := &switchedTo{leave: leave, ended: make(chan struct{})}
	end := s.keep.until(v, func(err error) { // Hold may panic
		_, panicked := err.(*PanicError)
		if panicked || context.Cause(ctx) != s.switched {
			s.fail(err)
		}
		leave(nil)
		close(current.ended)
		s.done()
	})
	s.current = current
	s.mu.Lock()
	s.running++
	s.mu.Unlock()
	done := ctx.Done()
	go source.Start(ctx, func(v O) error {
		if isClosed(done) {
			return context.Cause(ctx)
		}
		return emitOr(s.stop, s.emit, v)
	}, end)
	return nil
}

// stop ends the stream with an error of emit, whatever has failed before.
func (s *switchMap[I, O]) stop(err error) {
	s.mu.Lock()
	s.err = orPanic(err, s.err)
	s.mu.Unlock()
	s.cancel(err)
}

// fail ends the stream with the error of a source, if it is the first.
func (s *switchMap[I, O]) fail(err error) {
	if err == nil {
		return
	}
	s.mu.Lock()
	if s.err == nil {
		s.err = err
	}
	s.err = orPanic(s.err, err)
	s.mu.Unlock()
	s.cancel(err)
}

// done is called when in, or a source, has ended.
func (s *switchMap[I, O]) done() {
	s.mu.Lock()
	s.running--
	last := s.running == 0
	s.mu.Unlock()
	if last {
		s.cancel(nil)
		s.end(s.err)
	}
}
