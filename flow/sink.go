package flow

import "context"

// A Sink runs a source to its end and returns a result. Like a source it is a recipe: it can be run
// many times, also at once. The zero Sink takes every value and forgets it.
type Sink[T, R any] struct {
	start func(ctx context.Context, in Source[T], done func(R, error))
	name  string
}

// NewSink makes a sink of a function that runs in to its end and returns the result.
func NewSink[T, R any](name string, run func(ctx context.Context, in Source[T]) (R, error)) Sink[T, R] {
	return newSink(name, func(ctx context.Context, in Source[T], done func(R, error)) {
		var result R
		Guard(func(err error) { done(result, err) }, func() (err error) {
			result, err = run(ctx, in)
			return err
		})
	})
}

func newSink[T, R any](name string, start func(context.Context, Source[T], func(R, error))) Sink[T, R] {
	return Sink[T, R]{name: name, start: start}
}

func (k Sink[T, R]) describe() string {
	if k.name == "" {
		return "Ignore"
	}
	return k.name
}

// Run runs in to its end and returns the result and what the stream ended with. It panics with a
// *[PanicError] if a function of the user's does.
func (k Sink[T, R]) Run(ctx context.Context, in Source[T]) (R, error) {
	var result R
	err := wait(func(done func(error)) {
		k.begin(ctx, in, func(r R, err error) {
			result = r
			done(err)
		})
	})
	return result, err
}

// begin starts the run of in; done is called once, when it has ended.
func (k Sink[T, R]) begin(ctx context.Context, in Source[T], done func(R, error)) {
	if k.start != nil {
		k.start(ctx, in, done)
		return
	}
	in.Start(ctx, func(T) error { return nil }, func(err error) {
		var zero R
		done(zero, err)
	})
}
