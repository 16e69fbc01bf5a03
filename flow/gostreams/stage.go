package gostreams

import (
	"context"

	"github.com/reugn/go-streams"

	"github.com/wsflow/wsflow/flow"
)

// A Stage is a flow of ours in a go-streams graph. It is made with [AsFlow].
type Stage struct {
	in, out chan any
	ended   chan struct{}
	err     error
}

var _ streams.Flow = (*Stage)(nil)

// AsFlow starts goroutines: it runs f as an operator of a go-streams graph. Like those it is at work from the time it
// is made, and can be used once. When the stream has ended, the output is closed, whatever it ended with: [Stage.Err]
// tells. What still comes in is then dropped until the input is closed, so that nothing before it is left waiting.
//
// An element that is not an I ends the stream with a *[TypeError]. So a flow that does nothing is a check between
// operators that would panic, and one with [flow.TryMap] is where a function may fail:
//
//	in.Via(decode).Via(gostreams.AsFlow(ctx, func(in flow.Source[Order]) flow.Source[Order] { return in })).Via(orders)
//
// Cancelling ctx ends the stream. If ctx is what a build function of this package was given, an error
// also fails the run that it was built for, as [Fail] does.
func AsFlow[I, O any](ctx context.Context, f flow.Flow[I, O]) *Stage {
	s := &Stage{in: make(chan any), out: make(chan any), ended: make(chan struct{})}
	stream := f(outOf[I](s.in))
	go func() {
		stream.Start(ctx, into[O](ctx, s.out), func(err error) {
			s.err = err
			failRun(ctx, err)
			close(s.ended)
			close(s.out)
		})
		<-s.ended
		drain(s.in)
	}()
	return s
}

// In implements [streams.Inlet].
func (s *Stage) In() chan<- any { return s.in }

// Out implements [streams.Outlet].
func (s *Stage) Out() <-chan any { return s.out }

// Via implements [streams.Flow].
func (s *Stage) Via(next streams.Flow) streams.Flow { return via(s, next) }

// To implements [streams.Flow].
func (s *Stage) To(sink streams.Sink) { to(s, sink) }

// Err returns what the stream ended with: nil if it is complete, and also while it is still at work. It has ended when
// the output is closed. A panic in it is a *[flow.PanicError] here. Err may be called from any goroutine.
func (s *Stage) Err() error { return errOf(s.ended, &s.err) }
