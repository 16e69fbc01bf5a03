package flow

import (
	"context"
	"errors"
)

// ZipLatest runs both sources on goroutines of their own: whenever one of them has a new value it emits the latest values
// of both, once each has had one. It is complete as soon as one source is; the other is cancelled then. The first
// error cancels the other source and ends the stream.
//
// For a stream that goes on when b is complete, with the last value of b, give it Concat(b, Never). What Akka calls
// zipLatestWith is [Map] over ZipLatest.
//
//	a          --1-------2-----------|
//	b          -----a-------b--c--------d--|
//	ZipLatest
//	out        -----1a---2a-2b-2c----|
func ZipLatest[A, B any](a Source[A], b Source[B]) Source[Pair[A, B]] {
	as := Concat(Map(a, func(v A) eitherValue[A, B] { return eitherValue[A, B]{kind: isA, a: v} }), Of(eitherValue[A, B]{kind: isEnd}))
	bs := Concat(Map(b, func(v B) eitherValue[A, B] { return eitherValue[A, B]{kind: isB, b: v} }), Of(eitherValue[A, B]{kind: isEnd}))
	merged := operator("ZipLatest", Merge(as, bs), func(
		_ context.Context, emit func(Pair[A, B]) error, end func(error),
	) (func(eitherValue[A, B]) error, func(error)) {
		z := &zipLatest[A, B]{keepA: newKeeper[A](), keepB: newKeeper[B](), emit: emit, stop: errors.New("flow: one source is complete")}
		return z.take, unless(z.stop, func(err error) {
			cleanUp(err, z.forgetBoth, end)
		})
	})
	merged.node = &Node{Name: "ZipLatest", Inputs: []*Node{a.describe(), b.describe()}}
	return merged
}

// An eitherValue is a value of one of two sources, or the end of one.
type eitherValue[A, B any] struct {
	kind uint8
	a    A
	b    B
}

const (
	isA = iota
	isB
	isEnd
)

// A zipLatest is one run of ZipLatest.
type zipLatest[A, B any] struct {
	latest Pair[A, B]
	has    [2]bool
	keepA  keeper[A]
	keepB  keeper[B]
	emit   func(Pair[A, B]) error
	stop   error // of this run alone
}

func (z *zipLatest[A, B]) take(v eitherValue[A, B]) error {
	if v.kind == isEnd {
		return z.stop
	}
	z.forget(v.kind)
	if v.kind == isA {
		z.latest.First = v.a
		z.keepA.hold(&z.latest.First)
	} else {
		z.latest.Second = v.b
		z.keepB.hold(&z.latest.Second)
	}
	z.has[v.kind] = true
	if !z.has[isA] || !z.has[isB] {
		return nil
	}
	return z.emit(z.latest)
}

func (z *zipLatest[A, B]) forgetBoth() {
	z.forget(isA)
	z.forget(isB)
}

func (z *zipLatest[A, B]) forget(kind uint8) {
	if !z.has[kind] {
		return
	}
	if z.has[kind] = false; kind == isA {
		z.keepA.release(&z.latest.First)
	} else {
		z.keepB.release(&z.latest.Second)
	}
}
