package flow

import "context"

// ToChan returns a sink that sends every value to c, and waits for room in it or for who receives, or until the run is
// cancelled. It does not close c, which others may send to as well, and a further run too; when the sink's Run has
// returned the caller may. A value that is a [Holder] is held for its receiver, who releases it.
//
//	in      --1--2--3--|
//	ToChan
//	c       --1--2--3---
func ToChan[T any](c chan<- T) Sink[T, struct{}] {
	return newSink("ToChan", func(ctx context.Context, in Source[T], done func(struct{}, error)) {
		keep := newKeeper[T]()
		cancelled := ctx.Done()
		in.Start(ctx, func(v T) error {
			if isClosed(cancelled) {
				return context.Cause(ctx)
			}
			if keep != keepNone {
				return sendHeld(ctx, keep, c, v)
			}
			select {
			case c <- v:
				return nil
			case <-cancelled:
				return context.Cause(ctx)
			}
		}, func(err error) { done(struct{}{}, err) })
	})
}

// sendHeld holds v before it can be received, and releases it if it is not.
func sendHeld[T any](ctx context.Context, keep keeper[T], c chan<- T, v T) error {
	keep.hold(&v)
	select {
	case c <- v:
		return nil
	case <-ctx.Done():
		keep.release(&v)
		return context.Cause(ctx)
	}
}
