package flow

import (
	"context"
	"errors"
	"iter"
)

// Start starts the stream, and works on the calling goroutine for as long as it has something for it to do. The
// stream may go on after Start has returned; it has ended when end is called. emit and end are called as
// [StartFunc] says. A panic in what they, or the operators of the source, call arrives as end's *[PanicError].
// If ctx is done already, nothing is emitted, and the stream ends with [context.Cause] of it, unless it panics.
//
// Start is for engines, which have other things to do while a stream runs. Others call [Source.Run].
func (s Source[T]) Start(ctx context.Context, emit func(T) error, end func(error)) {
	if ctx.Err() != nil {
		// It is started all the same, so that a one-shot source gives back what it holds, and nothing comes of it.
		cause := context.Cause(ctx)
		emit = func(T) error { return cause }
		last := end
		end = func(err error) {
			if _, panicked := err.(*PanicError); !panicked {
				err = cause
			}
			last(err)
		}
	}
	sc := newScope(ctx)
	s.enter(sc, emit, end)
	sc.launch()
}

// enter calls the StartFunc where a chain is entered: a panic becomes an ending. Tasks that were
// registered before it have not begun yet, and are forgotten.
func (s Source[T]) enter(sc *scope, emit func(T) error, end func(error)) {
	if s.start == nil {
		end(nil)
		return
	}
	if sc.span != nil {
		s = s.observed(sc.span)
	}
	ended, returned := false, false
	defer func() {
		if returned || ended {
			return // ended: the panic came out of end itself and goes on
		}
		sc.tasks = nil
		end(newPanicError(recover()))
	}()
	s.start(sc, emit, func(err error) {
		ended = true
		end(err)
	})
	returned = true
}

// Run runs the stream from its start to its end: every value is handed to emit, and the next one
// comes when emit has returned. An error from emit stops the stream, and Run returns it. Otherwise Run
// returns nil once the stream is complete, or the error that it failed with. A cancelled run returns
// [context.Cause] of ctx. All that the run started has finished when Run returns.
//
// Calls of emit never overlap, but need not come from the calling goroutine.
//
// If a function of the user's panics, Run panics with a *[PanicError].
func (s Source[T]) Run(ctx context.Context, emit func(T) error) error {
	return wait(func(done func(error)) { s.Start(ctx, emit, done) })
}

// wait calls start and waits until it has called its argument, with the result of the stream.
func wait(start func(done func(error))) error {
	var result error
	done := make(chan struct{})
	returned := false
	defer func() {
		if returned {
			return
		}
		if p := recover(); p != nil {
			panic(p)
		}
		<-done // the goroutine exits: not before the rest of the run has ended
	}()
	start(func(err error) {
		result = err
		close(done)
	})
	returned = true
	<-done
	if p, ok := result.(*PanicError); ok {
		panic(p)
	}
	return result
}

// All returns an iterator over the values of one run, for use in a for loop. The loop's body always runs on the
// goroutine of the loop, and leaving the loop stops the stream. If the stream fails, the last pair has the
// error and the zero value; in all others the error is nil.
//
//	for name, err := range names.All(ctx) {
//		if err != nil {
//			return err
//		}
//		…
//	}
func (s Source[T]) All(ctx context.Context) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		ctx, cancel := context.WithCancelCause(ctx)
		l := &loop[T]{yield: yield, stop: errors.New("flow: loop left"), values: make(chan T), taken: make(chan error), ended: make(chan error, 1)}
		defer cancel(l.stop)
		err := l.run(ctx, cancel, s)
		if err == l.stop { // the very value, unique to this run
			return
		}
		if p, ok := err.(*PanicError); ok {
			panic(p)
		}
		if err != nil && !l.left {
			var zero T
			yield(zero, err)
		}
	}
}

// A loop brings the values of a run to the goroutine of a for loop.
type loop[T any] struct {
	yield   func(T, error) bool
	stop    error // what emit returns once the loop was left
	started bool  // values come from other goroutines now
	left    bool  // yield has returned false, and must not be called again

	values chan T
	taken  chan error
	ended  chan error
}

func (l *loop[T]) run(ctx context.Context, cancel context.CancelCauseFunc, s Source[T]) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	sc := newScope(ctx)
	s.enter(sc, l.emit, func(err error) { l.ended <- err })
	l.started = true
	sc.spawn()

	ended := false
	defer func() {
		if !ended { // the loop's body has panicked
			cancel(l.stop)
			l.taken <- l.stop
			<-l.ended
		}
	}()
	for {
		select {
		case v := <-l.values:
			l.taken <- l.pass(v)
		case err := <-l.ended:
			ended = true
			return err
		}
	}
}

func (l *loop[T]) emit(v T) error {
	if l.started {
		l.values <- v
		return <-l.taken
	}
	return l.pass(v)
}

// pass runs the loop's body, on the goroutine of the loop.
func (l *loop[T]) pass(v T) error {
	if l.left {
		return l.stop
	}
	l.left = true // also if the body panics
	l.left = !l.yield(v, nil)
	if l.left {
		return l.stop
	}
	return nil
}
