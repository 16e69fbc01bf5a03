package flow_test

import (
	"context"
	"errors"
	"runtime"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
)

var errTest = errors.New("it broke")

func exit() { runtime.Goexit() }

func tenfold(_ context.Context, v int) (int, error) { return 10 * v, nil }

// upTo returns a sequence of 0 to n-1.
func upTo(n int) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

type flowHeld = flowtest.Held

func addOne(v int) int { return v + 1 }

func mapped(in ints) ints { return flow.Map(in, addOne) }

func even(v int) bool { return v%2 == 0 }

func itself(v int) int { return v }

// through is the flow that changes nothing.
func through[T any](in flow.Source[T]) flow.Source[T] { return in }

func taking(n int) flow.Flow[int, int] { return func(in ints) ints { return flow.Take(in, n) } }

func starting(with ...int) flow.Flow[int, int] {
	return func(in ints) ints { return flow.Concat(flow.Of(with...), in) }
}

func ignoring(with ...int) flow.Flow[int, int] {
	return func(ints) ints { return flow.Of(with...) }
}

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
