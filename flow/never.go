package flow

import "context"

// Never has no values and does not end until it is cancelled.
//
//	Never
//	out     ---------…
func Never[T any]() Source[T] {
	return loopSource("Never", func(ctx context.Context, _ func(T) error) error {
		<-ctx.Done()
		return context.Cause(ctx)
	})
}
