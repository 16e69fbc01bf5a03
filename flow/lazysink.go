package flow

import (
	"context"
	"errors"
	"sync"
)

// LazySink returns a sink that starts a goroutine at the first value: the sink that f returns begins on it, and gets
// the first value and those after it, each on the goroutine that it comes from. Its result and its error are those of the
// run. f is called once for each run that has a value; if it fails, the stream is stopped, and the run fails with its
// error. A stream without a value has the zero result, and the error that it failed with, if any. The sink may run its
// source once; a second run of it fails with [ErrConsumed].
//
//	in        --1--2--3--|
//	LazySink  --f
//	sink      --1--2--3--|
func LazySink[T, R any](f func(context.Context) (Sink[T, R], error)) Sink[T, R] {
	return newSink("LazySink", func(ctx context.Context, in Source[T], done func(R, error)) {
		l := &lazySink[T, R]{outer: ctx, f: f, done: done, stop: errors.New("flow: the sink has had enough"), running: 1}
		l.ctx, l.cancel = context.WithCancelCause(ctx)
		in.Start(l.ctx, l.take, l.inputEnded)
	})
}

// A lazySink is one run of LazySink.
type lazySink[T, R any] struct {
	outer  context.Context // the sink's
	ctx    context.Context // the input's
	cancel context.CancelCauseFunc
	f      func(context.Context) (Sink[T, R], error)
	done   func(R, error)
	stop   error // what the input is cancelled with when the sink wants no more
	inlet  *inlet[T]

	mu      sync.Mutex
	running int // the input and the sink
	result  R
	err     error
}

func (l *lazySink[T, R]) take(v T) error {
	if l.inlet == nil {
		if err := l.begin(); err != nil {
			return err
		}
	}
	return l.inlet.put(v)
}

// begin makes the sink, and waits until it runs its source.
func (l *lazySink[T, R]) begin() error {
	sink, err := l.f(l.ctx)
	if isClosed(l.ctx.Done()) {
		return context.Cause(l.ctx)
	}
	if err != nil {
		return err
	}
	inlet := newInlet[T](func() { l.cancel(l.stop) })
	l.inlet = inlet
	l.running++
	go sink.begin(l.outer, inlet.source(), func(r R, err error) {
		inlet.finish(errLeft) // if the sink has not run it
		l.ended(func() {
			l.result = r
			if err != nil {
				l.err = err
			}
		})
	})
	<-inlet.ready
	return nil
}

func (l *lazySink[T, R]) inputEnded(err error) {
	if l.inlet == nil {
		l.ended(func() { l.err = err })
		return
	}
	defer l.ended(func() { // deferred, for the end of what the sink runs may leave the goroutine
		if _, panicked := err.(*PanicError); panicked && l.err == nil { // also one that the sink was not there to see
			l.err = err
		}
	})
	l.inlet.finish(err)
}

// ended is the end of the input and of the sink. The sink, where there is one, decides.
func (l *lazySink[T, R]) ended(decide func()) {
	l.mu.Lock()
	decide()
	l.running--
	last := l.running == 0
	l.mu.Unlock()
	if last {
		l.cancel(nil)
		l.done(l.result, l.err)
	}
}
