package flow

// Recover emits a last value in place of an error of in: the first result of f, and then the stream is complete. If f
// reports false, the stream fails with the error as it was. A panic is not recovered from, nor an error of what follows, nor
// a cancellation.
//
//	in       --1--2--X
//	Recover  "it broke" => 0
//	out      --1--2--0|
func Recover[T any](in Source[T], f func(error) (T, bool)) Source[T] {
	return onFailure("Recover", in, func(err error, emit func(T) error) error {
		v, ok := f(err)
		if !ok {
			return err
		}
		return emit(v)
	})
}
