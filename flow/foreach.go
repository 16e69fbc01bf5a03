package flow

import "context"

// ForEach returns a sink that calls f with every value and the context of the run. An error of f stops the
// stream, and the run ends with it, or with [context.Cause] if it is cancelled by then.
//
//	in       --1--2--3--|
//	ForEach  f
//	f        --1--2--3
func ForEach[T any](f func(context.Context, T) error) Sink[T, struct{}] {
	return newSink("ForEach", func(ctx context.Context, in Source[T], done func(struct{}, error)) {
		in.Start(ctx, func(v T) error {
			if err := f(ctx, v); err != nil {
				return causeOr(ctx, err)
			}
			return nil
		}, func(err error) { done(struct{}{}, err) })
	})
}
