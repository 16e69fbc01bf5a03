package flow

import "context"

// RestartSink returns a sink that starts a goroutine for the stream, which goes on while the sink that factory makes is
// restarted: when that one has ended, it waits as the settings say, calls factory again, and goes on with the next. It
// ends as [RestartFlow] does, and loses what that loses. The result is that of the last sink.
//
//	in           --1--2-----3--4--|
//	RestartSink  1s
//	first        --1--X
//	second       -----------3--4--|
func RestartSink[T, R any](s RestartSettings, factory func(context.Context) (Sink[T, R], error)) Sink[T, R] {
	restarted := RestartFlow(s.resolved("RestartSink"), func(ctx context.Context) (Flow[T, R], error) {
		sink, err := factory(ctx)
		return sink.results, err
	})
	return NewSink("RestartSink", func(ctx context.Context, in Source[T]) (last R, err error) {
		err = restarted(in).Run(ctx, func(result R) error {
			last = result
			return nil
		})
		return last, err
	})
}

// results runs in and emits the result, also when it fails.
func (k Sink[T, R]) results(in Source[T]) Source[R] {
	return FromFunc(func(ctx context.Context, emit func(R) error) error {
		result, err := k.Run(ctx, in)
		if stop := emit(result); stop != nil {
			return stop
		}
		return err
	})
}
