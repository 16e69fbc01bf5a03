package gostreams

import (
	"context"

	"github.com/reugn/go-streams"

	"github.com/wsflow/wsflow/flow"
)

// An Inlet is a sink of ours in a go-streams graph. It is made with [AsSink].
type Inlet[R any] struct {
	in     chan any
	done   chan struct{}
	result R
	err    error
}

var _ streams.Sink = (*Inlet[int])(nil)

// AsSink starts goroutines: it runs sink over what comes out of a go-streams graph. Like a sink of go-streams it is at
// work from the time it is made, and can be used once. When it has its result, what still comes in is dropped until
// the input is closed. An element that is not a T ends it with a *[TypeError].
//
// Cancelling ctx ends the sink. If ctx is what a build function of this package was given, an error also fails the run
// that it was built for, as [Fail] does.
func AsSink[T, R any](ctx context.Context, sink flow.Sink[T, R]) *Inlet[R] {
	i := &Inlet[R]{in: make(chan any), done: make(chan struct{})}
	go func() {
		flow.Guard(func(err error) {
			i.err = err
			failRun(ctx, err)
			close(i.done)
			drain(i.in)
		}, func() (err error) {
			i.result, err = sink.Run(ctx, outOf[T](i.in))
			return err
		})
	}()
	return i
}

// In implements [streams.Inlet].
func (i *Inlet[R]) In() chan<- any { return i.in }

// AwaitCompletion implements [streams.Sink]: it waits until there is a result.
func (i *Inlet[R]) AwaitCompletion() { <-i.done }

// Result waits until the sink has ended, and returns its result and what the stream ended with. A panic in it is a
// *[flow.PanicError] here.
func (i *Inlet[R]) Result() (R, error) {
	<-i.done
	return i.result, i.err
}
