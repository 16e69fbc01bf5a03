package flow

import "context"

// To returns the sink that has flow before it: what it is run with passes through flow into sink, whose result is its
// own. It stops and fails as the two do.
//
//	in      --1--2--3--|
//	To      Map v => v * 10, sink
//	sink    --10-20-30-|
func To[I, O, R any](flow Flow[I, O], sink Sink[O, R]) Sink[I, R] {
	return newSink("To", func(ctx context.Context, in Source[I], done func(R, error)) {
		var out Source[O]
		if makes(func(err error) {
			var none R
			done(none, err)
		}, func() error {
			out = flow(in)
			return nil
		}) {
			sink.begin(ctx, out, done)
		}
	})
}
