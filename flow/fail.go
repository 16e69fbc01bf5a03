package flow

import "context"

// Fail has no values and ends with err. A nil err makes it [Empty].
//
//	Fail    err
//	out     X
func Fail[T any](err error) Source[T] {
	return NewSource("Fail", func(_ context.Context, _ func(T) error, end func(error)) { end(err) })
}
