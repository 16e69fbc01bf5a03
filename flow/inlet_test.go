package flow_test

import (
	"context"

	"github.com/wsflow/wsflow/flow"
)

// sinking makes a flow of a sink, so that it can be checked like one: the sink that make returns for emit gets the
// values, and the stream ends as its run does.
func sinking[T, R any](make func(emit func(T) error) flow.Sink[T, R]) flow.Flow[T, T] {
	return func(in flow.Source[T]) flow.Source[T] {
		return flow.NewSource("Sinking", func(ctx context.Context, emit func(T) error, end func(error)) {
			flow.Go(ctx, func() {
				pair := flow.FromSinkAndSourceUncoupled(make(emit), flow.Empty[T]())
				pair(in).Start(ctx, func(T) error { return nil }, end)
			})
		})
	}
}

// emitting is the sink that gives its values to emit.
func emitting[T any](emit func(T) error) flow.Sink[T, struct{}] {
	return flow.ForEach(func(_ context.Context, v T) error { return emit(v) })
}

// looping is a sink whose run is a loop that does not return before the end.
func looping[T any](emit func(T) error) flow.Sink[T, struct{}] {
	return flow.NewSink("Loop", func(ctx context.Context, in flow.Source[T]) (struct{}, error) {
		return struct{}{}, in.Run(ctx, emit)
	})
}

// enough takes n values and then wants no more.
func enough(n int) flow.Sink[int, int] {
	return flow.To(func(in ints) ints { return flow.Take(in, n) }, counting)
}

var counting = flow.Fold(0, func(n, _ int) int { return n + 1 })
