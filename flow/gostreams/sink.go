package gostreams

import (
	"context"
	"errors"

	"github.com/reugn/go-streams"

	"github.com/wsflow/wsflow/flow"
)

// Sink starts goroutines: it makes a sink of a go-streams sink. build is called at the start of each run, and the run
// fails with its error. The values go to the sink as it takes them; when the stream has ended, its input is
// closed, and the run ends once the sink's AwaitCompletion has returned. ctx is cancelled with the run, and not when the
// stream fails, for the sink still has what came before.
//
// A go-streams sink has no way to say that it failed. A connector that can cancel a context when it does is made to
// call [Fail]:
//
//	extension.NewFileSink(name, extension.WithContextCancel(func() { gostreams.Fail(ctx, errFile) }))
//
// A sink that does not take its values, or does not come to an end, keeps the run from ending: see [LeakAfter].
func Sink[T any](build func(ctx context.Context) (streams.Sink, error), opts ...Option) flow.Sink[T, struct{}] {
	o := newOptions(opts)
	return flow.NewSink("gostreams.Sink", func(ctx context.Context, in flow.Source[T]) (struct{}, error) {
		return struct{}{}, runSink(ctx, in, build, o)
	})
}

func runSink[T any](
	ctx context.Context, in flow.Source[T], build func(context.Context) (streams.Sink, error), o options,
) error {
	if ctx.Err() != nil {
		return in.Run(ctx, func(T) error { return context.Cause(ctx) }) // gives back what it holds
	}
	r := newRun(ctx, o)
	defer r.cancel(nil)
	defer r.close(nil)
	sink, err := build(r.ctx)
	if err != nil {
		return err
	}
	inlet := sink.In()
	return r.result(func() (err error) {
		err = errPanicked
		defer func() { o.await(r.ctx, sink, err) }()
		defer close(inlet) // also if the stream panics
		err = in.Run(r.ctx, into[T](r.ctx, inlet))
		return err
	}())
}

var errPanicked = errors.New("gostreams: the stream panicked")

// await waits until the sink is done with what it was given. err is what the stream ended with.
func (o *options) await(ctx context.Context, sink streams.Sink, err error) {
	if !o.leaks {
		sink.AwaitCompletion()
		return
	}
	done := make(chan struct{})
	go func() {
		sink.AwaitCompletion()
		close(done)
	}()
	if err == nil {
		select {
		case <-done:
			return
		case <-ctx.Done():
		}
	}
	o.wait(done)
}
