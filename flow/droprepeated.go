package flow

import "context"

// DropRepeated leaves out every value that equals the one before it. [DropRepeatedFunc] says what equal is.
//
//	in            --1--1--2--2--1--|
//	DropRepeated
//	out           --1-----2-----1--|
func DropRepeated[T comparable](in Source[T]) Source[T] {
	return dropRepeated("DropRepeated", in, func(a, b T) bool { return a == b })
}

// DropRepeatedFunc leaves out every value that eq says equals the last one that was passed on, which is eq's first
// argument. That one is not held if it is a [Holder], for a source may wait for it to be released: eq leaves
// alone what lives only while a value is handed on.
//
//	in                --1--3--2--4--5--|
//	DropRepeatedFunc  both odd or even
//	out               --1-----2-----5--|
func DropRepeatedFunc[T any](in Source[T], eq func(last, v T) bool) Source[T] {
	return dropRepeated("DropRepeatedFunc", in, eq)
}

func dropRepeated[T any](name string, in Source[T], eq func(T, T) bool) Source[T] {
	return operator(name, in, func(_ context.Context, emit func(T) error, end func(error)) (func(T) error, func(error)) {
		var last T
		some := false
		return func(v T) error {
			if some && eq(last, v) {
				return nil
			}
			last, some = v, true
			return emit(v)
		}, end
	})
}
