package gostreams

import (
	"context"
	"sync/atomic"

	"github.com/reugn/go-streams"

	"github.com/wsflow/wsflow/flow"
)

// Source starts goroutines: it emits what a go-streams source gives, be it a connector or a whole chain. build is
// called at the start of each run, and the stream fails with its error. The stream is complete when the source closes
// its output, which is all that go-streams has to say about an ending: a connector that gives up looks
// complete, unless it calls [Fail].
//
// When the stream is stopped or cancelled, ctx is cancelled, the source is drained until it has closed its output, and
// then the stream ends. So a connector is given ctx (extension.WithContext), and what it waits for is closed with it:
//
//	context.AfterFunc(ctx, func() { conn.Close() })
//
// Of a source that does not end, neither does the stream: see [LeakAfter].
func Source[T any](build func(ctx context.Context) (streams.Source, error), opts ...Option) flow.Source[T] {
	return source[T]("gostreams.Source", func(ctx context.Context) (streams.Source, error) {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return build(ctx)
	}, newOptions(opts))
}

// FromSource is [Source] for a go-streams source that there is already. It is one-shot: a second run ends with
// [flow.ErrConsumed]. What is stopped or cancelled is drained until src closes its output.
func FromSource[T any](src streams.Source, opts ...Option) flow.Source[T] {
	var consumed atomic.Bool
	return source[T]("gostreams.FromSource", func(context.Context) (streams.Source, error) {
		if consumed.Swap(true) {
			return nil, flow.ErrConsumed
		}
		return src, nil
	}, newOptions(opts))
}

func source[T any](name string, build func(context.Context) (streams.Source, error), o options) flow.Source[T] {
	return flow.NewSource(name, func(ctx context.Context, emit func(T) error, end func(error)) {
		flow.Go(ctx, func() { runSource(ctx, build, o, emit, end) })
	})
}

func runSource[T any](
	ctx context.Context, build func(context.Context) (streams.Source, error), o options,
	emit func(T) error, end func(error),
) {
	r := newRun(ctx, o)
	output := make(pipe)
	attached := false
	flow.Guard(func(err error) {
		r.cancel(err)
		if attached {
			r.close(output)
		} else {
			r.close(nil)
		}
		end(err)
	}, func() error {
		src, err := build(r.ctx)
		if err != nil {
			return err
		}
		src.Via(output)
		attached = true
		return pass(r, output, emit)
	})
}
