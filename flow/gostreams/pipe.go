package gostreams

import (
	"github.com/reugn/go-streams"
	gsflow "github.com/reugn/go-streams/flow"
)

// A pipe is an unbuffered channel as a flow of go-streams: what goes in comes out. We stand at one of its ends.
//
// Chains are attached to one with Via, never read with Out: a Throttler keeps to its rate in Via and To only.
type pipe chan any

var _ streams.Flow = pipe(nil)

func (p pipe) In() chan<- any { return p }

func (p pipe) Out() <-chan any { return p }

func (p pipe) Via(next streams.Flow) streams.Flow { return via(p, next) }

func (p pipe) To(sink streams.Sink) { to(p, sink) }

// via is the Via of go-streams' operators.
func via(outlet streams.Outlet, next streams.Flow) streams.Flow {
	gsflow.DoStream(outlet, next)
	return next
}

// to is the To of go-streams' operators.
func to(outlet streams.Outlet, sink streams.Sink) {
	for element := range outlet.Out() {
		sink.In() <- element
	}
	close(sink.In())
	sink.AwaitCompletion()
}
