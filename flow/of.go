package flow

import "context"

// Of emits the given values and ends. It keeps the slice.
//
//	Of(1, 2, 3)
//	out     1--2--3--|
func Of[T any](values ...T) Source[T] {
	return loopSource("Of", func(ctx context.Context, emit func(T) error) error {
		done := ctx.Done()
		for _, v := range values {
			if isClosed(done) {
				return context.Cause(ctx)
			}
			if err := emit(v); err != nil {
				return err
			}
		}
		return nil
	})
}

// isClosed reports whether done is closed; a nil channel never is.
func isClosed(done <-chan struct{}) bool {
	if done == nil {
		return false
	}
	select {
	case <-done:
		return true
	default:
		return false
	}
}
