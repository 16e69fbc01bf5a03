package flow

import "context"

// Reduce returns a sink whose result is the first value after f was applied to it with each other value in turn. It
// fails with [ErrEmpty] if the stream is complete without a value. If the stream fails, the result is that of the values
// before.
//
//	in      --1--2--3--|
//	Reduce  a, b => a + b
//	result  -----------6
func Reduce[T any](f func(T, T) T) Sink[T, T] {
	return reduce("Reduce", f)
}

func reduce[T any](name string, f func(T, T) T) Sink[T, T] {
	return newSink(name, func(ctx context.Context, in Source[T], done func(T, error)) {
		var result T
		some := false
		in.Start(ctx, func(v T) error {
			if some {
				v = f(result, v)
			}
			result, some = v, true
			return nil
		}, func(err error) {
			if err == nil && !some {
				err = ErrEmpty
			}
			done(result, err)
		})
	})
}
