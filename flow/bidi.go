package flow

import "context"

// A Bidi is a pair of flows in opposite directions, such as a codec: Down takes what goes one way, from I1 to O1, and Up
// what comes back the other way, from I2 to O2. The two know nothing of each other. It is made as a literal, or with
// [BidiFromFuncs].
//
//	      +------+
//	I1 -->| Down |--> O1
//	O2 <--|  Up  |<-- I2
//	      +------+
type Bidi[I1, O1, I2, O2 any] struct {
	Down Flow[I1, O1]
	Up   Flow[I2, O2]
}

// BidiFromFuncs makes a Bidi of a function for each direction, which are called as by [TryMap].
//
//	      +------+
//	I1 -->| down |--> O1
//	O2 <--|  up  |<-- I2
//	      +------+
func BidiFromFuncs[I1, O1, I2, O2 any](
	down func(context.Context, I1) (O1, error), up func(context.Context, I2) (O2, error),
) Bidi[I1, O1, I2, O2] {
	return Bidi[I1, O1, I2, O2]{
		Down: func(in Source[I1]) Source[O1] { return TryMap(in, down) },
		Up:   func(in Source[I2]) Source[O2] { return TryMap(in, up) },
	}
}

// BidiIdentity is the Bidi that changes nothing in either direction.
//
//	A -->|-->|--> A
//	B <--|<--|<-- B
func BidiIdentity[A, B any]() Bidi[A, A, B, B] {
	return Bidi[A, A, B, B]{
		Down: func(in Source[A]) Source[A] { return in },
		Up:   func(in Source[B]) Source[B] { return in },
	}
}

// Join closes b with a flow: what goes down passes through flow and comes up again. With a codec whose Down decodes, it
// makes a flow of messages of one of values; as a function, b.Join is that step for any flow.
//
//	       +------+     +------+
//	I1 --> | Down |-O1->|      |
//	       |      |     | flow |
//	O2 <-- |  Up  |<-I2-|      |
//	       +------+     +------+
func (b Bidi[I1, O1, I2, O2]) Join(flow Flow[O1, I2]) Flow[I1, O2] {
	return func(in Source[I1]) Source[O2] { return b.Up(flow(b.Down(in))) }
}

// Reversed is b seen from its other end: up is down, and down is up.
func (b Bidi[I1, O1, I2, O2]) Reversed() Bidi[I2, O2, I1, O1] {
	return Bidi[I2, O2, I1, O1]{Down: b.Up, Up: b.Down}
}

// Atop puts upper on lower: what goes down passes through upper first and then through lower, what comes up through
// lower first.
//
//	      +-------+     +-------+
//	I1 -->| upper |-X-->| lower |--> O1
//	O2 <--|       |<--Y-|       |<-- I2
//	      +-------+     +-------+
func Atop[I1, X, O1, I2, Y, O2 any](upper Bidi[I1, X, Y, O2], lower Bidi[X, O1, I2, Y]) Bidi[I1, O1, I2, O2] {
	return Bidi[I1, O1, I2, O2]{
		Down: func(in Source[I1]) Source[O1] { return lower.Down(upper.Down(in)) },
		Up:   func(in Source[I2]) Source[O2] { return upper.Up(lower.Up(in)) },
	}
}
