package flow

import (
	"context"
	"errors"
	"fmt"
)

// ErrLimit is what [Limit] and [LimitWeighted] fail with, wrapped in an error that names the limit.
var ErrLimit = errors.New("flow: limit exceeded")

// Limit passes on up to n values. If one more comes, it is not passed on, and the stream stops and fails with an
// [ErrLimit]. It guards what collects a stream; [Take] ends a stream without an error. A negative n panics.
//
//	in      --1--2--3--4--|
//	Limit   2
//	out     --1--2--X
func Limit[T any](in Source[T], n int) Source[T] {
	if n < 0 {
		panic("flow: Limit with a negative number")
	}
	return operator("Limit", in, func(_ context.Context, emit func(T) error, end func(error)) (func(T) error, func(error)) {
		left := n
		return func(v T) error {
			if left == 0 {
				return exceeded(n, "values")
			}
			left--
			return emit(v)
		}, end
	})
}

// LimitWeighted is [Limit] by weight: it passes on values that together weigh up to limit. The one that would make them
// weigh more is not passed on, and the stream stops and fails with an [ErrLimit]. A negative limit panics, and a
// negative weight ends the stream with a panic.
//
//	in             --2--1--3--1--|
//	LimitWeighted  4, v => v
//	out            --2--1--X
func LimitWeighted[T any](in Source[T], limit int, weight func(T) int) Source[T] {
	if limit < 0 {
		panic("flow: LimitWeighted with a negative limit")
	}
	return operator("LimitWeighted", in, func(_ context.Context, emit func(T) error, end func(error)) (func(T) error, func(error)) {
		left := limit
		return func(v T) error {
			w := weighed("LimitWeighted", v, weight)
			if w > left {
				return exceeded(limit, "in weight")
			}
			left -= w
			return emit(v)
		}, end
	})
}

func exceeded(limit int, unit string) error {
	return fmt.Errorf("%w: more than %d %s", ErrLimit, limit, unit)
}
