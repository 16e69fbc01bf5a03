package flow

import "context"

// An Indexed is a value and its place in its stream. It is a [Holder], so that an operator that keeps it back holds
// what is in it.
type Indexed[T any] struct {
	Index int64 // from 0
	Value T
}

// Hold holds the value if it is a Holder.
func (x Indexed[T]) Hold() { holdOne(x.Value) }

// Release releases the value if it is a Holder.
func (x Indexed[T]) Release() { releaseOne(x.Value) }

func (*Indexed[T]) mayHold(it any) bool {
	_, itself := it.(*Indexed[T])
	return !itself || newKeeper[T]() != keepNone
}

// ZipWithIndex passes on every value with its place in the stream, from 0.
//
//	in            --a----b----c--|
//	ZipWithIndex
//	out           --0,a--1,b--2,c|
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
