package flow

import "context"

// OnComplete returns a sink that takes every value and forgets it, and calls f once, with what the stream ended with: nil
// if it is complete, an error if it failed or was cancelled, a *[PanicError] if a function of the user's panicked. The
// run ends when f has returned, and with the same.
//
//	in          --1--2--X
//	OnComplete  f
//	f           --------X
func OnComplete[T any](f func(error)) Sink[T, struct{}] {
	return newSink("OnComplete", func(ctx context.Context, in Source[T], done func(struct{}, error)) {
		in.Start(ctx, func(T) error { return nil }, func(err error) {
			Guard(func(panicked error) {
				if panicked != nil {
					err = panicked
				}
				done(struct{}{}, err)
			}, func() error {
				f(err)
				return nil
			})
		})
	})
}
