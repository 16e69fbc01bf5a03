package flow

import "context"

// An Indexed is a value and its place in its stream.
type Indexed[T any] struct {
	Index int64 // from 0
	Value T
}

// ZipWithIndex passes on every value with its place in the stream, from 0. An Indexed is no [Holder], though its value
// may be one.
//
//	in      --a----b----c--|
//	ZipWithIndex
//	out     --0,a--1,b--2,c|
func ZipWithIndex[T any](in Source[T]) Source[Indexed[T]] {
	return operator("ZipWithIndex", in, func(_ context.Context, emit func(Indexed[T]) error, end func(error)) (func(T) error, func(error)) {
		next := int64(0)
		return func(v T) error {
			out := Indexed[T]{Index: next, Value: v}
			next++
			return emit(out)
		}, end
	})
}
