package flow

// MapError fails with f of the error that in fails with; if that is nil, the stream is complete. f does not see a panic, nor
// an error of what follows, nor a cancellation: those end the stream as they are.
//
//	in        --1--2--X(a)
//	MapError  a => b
//	out       --1--2--X(b)
func MapError[T any](in Source[T], f func(error) error) Source[T] {
	return onFailure("MapError", in, func(err error, _ func(T) error) error { return f(err) })
}
