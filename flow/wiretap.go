package flow

import (
	"context"
	"sync/atomic"
)

// WireTap starts a goroutine for sink: it passes on the values of in, and sink gets to see them as well, but can do
// the stream no harm. Values for which it is too slow, with 16 waiting for it, are lost to it, and so are all once
// it has ended. If it fails, nobody is told; a panic in it ends the stream all the same. [AlsoTo] loses nothing.
//
// The sink ends as in does, after the values that wait for it, and the stream ends when both have. When what
// follows says stop, or the run is cancelled, the sink is cancelled. The result of the sink is dropped.
//
//	in       --1--2--3--4--|
//	WireTap  a slow sink
//	sink     --1--2-----4--|
//	out      --1--2--3--4--|
func WireTap[T, R any](in Source[T], sink Sink[T, R]) Source[T] {
	return Source[T]{
		start: func(ctx context.Context, emit func(T) error, end func(error)) {
			Go(ctx, func() { runWireTap(ctx, in, sink, emit, end) })
		},
		node: &Node{Name: "WireTap", Inputs: []*Node{in.describe(), {Name: sink.describe(), Inputs: []*Node{in.describe()}}}},
	}
}

func runWireTap[T, R any](ctx context.Context, in Source[T], sink Sink[T, R], emit func(T) error, end func(error)) {
	ctx, cancel := context.WithCancelCause(ctx)
	p := &pair{cancel: cancel, end: end, running: 2}
	box := newMailbox[T](asyncBuffer)
	var consumed atomic.Bool
	tapped := loopSource("WireTap", func(ctx context.Context, emit func(T) error) error {
		if consumed.Swap(true) {
			return ErrConsumed
		}
		return box.emit(ctx, emit)
	})
	go sink.begin(ctx, tapped, func(_ R, err error) {
		if _, panicked := err.(*PanicError); !panicked {
			err = nil
		}
		cleanUp(err, box.leave, p.ended)
	})
	in.Start(ctx, func(v T) error {
		if isClosed(ctx.Done()) {
			return context.Cause(ctx)
		}
		box.put(v, refuse)
		return emitOr(p.stop, emit, v)
	}, func(err error) {
		box.close(err)
		p.ended(err)
	})
}
