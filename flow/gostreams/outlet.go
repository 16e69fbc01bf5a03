package gostreams

import (
	"context"

	"github.com/reugn/go-streams"

	"github.com/wsflow/wsflow/flow"
)

// An Outlet is a source of ours in a go-streams graph. It is made with [AsSource].
type Outlet struct {
	out   chan any
	ended chan struct{}
	err   error
}

var _ streams.Source = (*Outlet)(nil)

// AsSource starts goroutines: it runs src and gives its values to a go-streams graph. Like a source of go-streams it is at
// work from the time it is made, and can be used once. When the stream has ended, the output is closed, whatever it
// ended with: [Outlet.Err] tells.
//
// Nothing in a go-streams graph can stop a source; cancelling ctx does. If ctx is what a build function of this package
// was given, an error also fails the run that it was built for, as [Fail] does.
func AsSource[T any](ctx context.Context, src flow.Source[T]) *Outlet {
	o := &Outlet{out: make(chan any), ended: make(chan struct{})}
	go src.Start(ctx, into[T](ctx, o.out), func(err error) {
		o.err = err
		failRun(ctx, err)
		close(o.ended)
		close(o.out)
	})
	return o
}

// Out implements [streams.Outlet].
func (o *Outlet) Out() <-chan any { return o.out }

// Via implements [streams.Source].
func (o *Outlet) Via(next streams.Flow) streams.Flow { return via(o, next) }

// Err returns what the stream ended with: nil if it is complete, and also while it is still at work. It has ended when
// the output is closed. A panic in it is a *[flow.PanicError] here. Err may be called from any goroutine.
func (o *Outlet) Err() error { return errOf(o.ended, &o.err) }

func errOf(ended <-chan struct{}, err *error) error {
	select {
	case <-ended:
		return *err
	default:
		return nil
	}
}
