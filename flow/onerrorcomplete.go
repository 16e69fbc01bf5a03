package flow

// OnErrorComplete completes the stream when in fails with an error that match reports true for; a nil match does for
// every error. A panic stays one, and so do an error of what follows and a cancellation.
//
//	in               --1--2--X
//	OnErrorComplete  every error
//	out              --1--2--|
func OnErrorComplete[T any](in Source[T], match func(error) bool) Source[T] {
	return onFailure("OnErrorComplete", in, func(err error, _ func(T) error) error {
		if match == nil || match(err) {
			return nil
		}
		return err
	})
}
