package flow

import "context"

// Of emits the given values and ends. It keeps the slice.
//
//	Of      1, 2, 3
//	out     --1--2--3--|
func Of[T any](values ...T) Source[T] {
	return loopSource("Of", func(ctx context.Context, emit func(T) error) error {
		life := lifeOf(ctx)
		for _, v := range values {
			if life.Err() != nil {
				return context.Cause(ctx)
			}
			if err := emit(v); err != nil {
				return err
			}
		}
		return nil
	})
}

// lifeOf returns a context that is done when ctx is, for a look at its Err with each value: without the scopes
// around it, that costs half of what a look at the channel does.
func lifeOf(ctx context.Context) context.Context {
	for {
		sc, ok := ctx.(*scope)
		if !ok {
			return ctx
		}
		ctx = sc.Context
	}
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
