package gostreams

import (
	"context"

	"github.com/reugn/go-streams"

	"github.com/wsflow/wsflow/flow"
)

// Flow starts goroutines: it makes a flow of a go-streams chain. build is called at the start of each run, for the
// operators of go-streams are at work from the time they are made and can be used once. It attaches them to in with
// Via and returns the last one, which may also be the end of a graph (Merge, ZipWith). All that it makes has to
// be fed by in, or to end with ctx.
//
//	greeter := gostreams.Flow[string, string](func(_ context.Context, in streams.Source) streams.Flow {
//		return in.Via(gsflow.NewMap(hello, 1))
//	})
//
// The stream ends when the chain has closed its output, and never before:
//
//   - When in is complete, the input of the chain is closed, and what the chain still holds passes.
//   - When in fails, the same happens, and then the stream ends with the error. ctx is not cancelled.
//   - When what follows says stop, when the run is cancelled, or an element has the wrong type, ctx is cancelled, the
//     input of the chain is closed, and what it still gives is dropped. A Throttler takes its time also for that.
//   - When the chain closes its output first, in is stopped, and the stream is complete.
//   - When something in the chain calls [Fail], or one of our streams inside it fails, the stream ends with that error.
//
// A chain that does not close its output keeps the stream from ending: see [LeakAfter].
//
// A panic of build ends the stream as one of our functions' does. A panic in a function of the chain cannot be
// caught, for it is on a goroutine that go-streams has started: it ends the program.
func Flow[I, O any](build func(ctx context.Context, in streams.Source) streams.Flow, opts ...Option) flow.Flow[I, O] {
	o := newOptions(opts)
	return func(in flow.Source[I]) flow.Source[O] {
		return flow.NewSource("gostreams.Flow", func(ctx context.Context, emit func(O) error, end func(error)) {
			flow.Go(ctx, func() { runFlow(ctx, in, build, o, emit, end) })
		}).Named("gostreams.Flow", flow.Describe(in))
	}
}

func runFlow[I, O any](
	ctx context.Context, in flow.Source[I], build func(context.Context, streams.Source) streams.Flow, o options,
	emit func(O) error, end func(error),
) {
	if ctx.Err() != nil {
		in.Start(ctx, func(I) error { return context.Cause(ctx) }, end) // gives back what it holds
		return
	}
	r := newRun(ctx, o)
	input, output := make(pipe), make(pipe)
	ended := make(chan struct{})
	attached := false
	flow.Guard(func(err error) {
		r.cancel(err)
		if attached {
			<-ended
			r.close(output)
		} else {
			close(input) // ends what build has made of it before it panicked
			r.close(nil)
		}
		end(err)
	}, func() error {
		build(r.ctx, input).Via(output)
		attached = true
		go in.Start(r.ctx, into[I](r.ctx, input), func(err error) {
			r.note(err)
			close(input)
			close(ended)
		})
		return pass(r, output, emit)
	})
}
