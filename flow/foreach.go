package flow

import "context"

// ForEach returns a sink that calls f with every value. An error of f stops the stream, and the run ends with it. f is an emit
// like that of [Source.Run]; what needs the context is written with [NewSink].
func ForEach[T any](f func(T) error) Sink[T, struct{}] {
	return newSink("ForEach", func(ctx context.Context, in Source[T], done func(struct{}, error)) {
		in.Start(ctx, f, func(err error) { done(struct{}{}, err) })
	})
}
