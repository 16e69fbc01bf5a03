package flow

// Last returns a sink whose result is the last value. It fails with [ErrEmpty] if the stream is complete without one. If
// the stream fails, the result is the last value before, if there was one.
//
//	in      --1--2--3--|
//	Last
//	result  -----------3
func Last[T any]() Sink[T, T] {
	return reduce("Last", func(_, v T) T { return v })
}
