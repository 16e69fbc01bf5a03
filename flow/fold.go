package flow

import "context"

// Fold returns a sink whose result is zero after f was applied to it with each value in turn. If the stream
// fails, the result is that of the values before. Every run starts with the same zero: an f that
// changes it in place (a map, say) changes it for the next run also.
//
//	in      --1--2--3--|
//	Fold    0, sum + v
//	result  -----------6
func Fold[T, R any](zero R, f func(R, T) R) Sink[T, R] {
	return newSink("Fold", func(ctx context.Context, in Source[T], done func(R, error)) {
		result := zero
		in.Start(ctx, func(v T) error {
			result = f(result, v)
			return nil
		}, func(err error) { done(result, err) })
	})
}
