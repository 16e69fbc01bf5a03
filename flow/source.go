package flow

import "context"

// A Source describes a stream of values. It is a recipe: nothing happens until it is run,
// and every run starts from the beginning, except for sources that say they are one-shot.
//
// The zero Source is an empty stream. A Source is immutable, and may be run by many
// goroutines at once.
type Source[T any] struct {
	start StartFunc[T]
	node  *Node
}

// A Flow is a function from a source to a source. Applying it is calling it.
type Flow[I, O any] func(Source[I]) Source[O]

// A StartFunc starts one run of a stream. It hands each value to emit and calls end once,
// when the stream has ended: with nil if it is complete, or with the error that it failed with.
// It may return before the stream has ended.
//
// The contract between a source and what follows it:
//
//   - emit returns when the value is taken; that is the backpressure.
//   - When emit returns an error, the source emits nothing more and ends with that error, or with a panic that it comes upon meanwhile.
//   - When ctx is cancelled, the source ends, with [context.Cause] of ctx.
//   - Calls of emit and end never overlap, but need not come from one goroutine.
//   - Until the StartFunc returns, they come only from inside it, on its goroutine. Work on other goroutines, and
//     with it [Source.Run], is registered with [Go], which begins it afterwards.
//   - end is called exactly once, by the last thing at work: every goroutine of the
//     source has finished by then, and nothing is emitted later.
//   - emit may panic, for it runs the user's functions. Whoever calls it from code of its own
//     (a loop, a goroutine) does so inside [Guard], so that the panic travels on as an error. end does not panic.
type StartFunc[T any] func(ctx context.Context, emit func(T) error, end func(error))

// NewSource makes a source of a StartFunc: the way to write sources whose values come from
// elsewhere later, such as a socket. It is for engines. What produces its values in a plain loop
// is written with [FromFunc].
func NewSource[T any](name string, start StartFunc[T]) Source[T] {
	return Source[T]{start: start, node: &Node{Name: name}}
}

// Operator makes a synchronous operator over in: wrap is called at the start of each run with the emit and end
// of what follows, and returns those that in is run with. What it returns may keep state without a lock, for
// their calls never overlap. A value may also be emitted from the returned end, before it calls end.
//
//	in               --1---2---3--|
//	Operator(twice)
//	out              --11--22--33-|
func Operator[I, O any](
	name string, in Source[I],
	wrap func(ctx context.Context, emit func(O) error, end func(error)) (func(I) error, func(error)),
) Source[O] {
	return operator(name, in, func(ctx context.Context, emit func(O) error, end func(error)) (func(I) error, func(error)) {
		ended := false
		next, last := wrap(ctx, emit, func(err error) {
			ended = true
			end(err)
		})
		return next, func(err error) {
			returned := false
			defer func() { // what it emits may panic
				if !returned && !ended {
					end(newPanicError(recover()))
				}
			}()
			last(err)
			returned = true
		}
	})
}

// operator is Operator for an end that does not panic.
func operator[I, O any](
	name string, in Source[I],
	wrap func(ctx context.Context, emit func(O) error, end func(error)) (func(I) error, func(error)),
) Source[O] {
	return derive(name, in, func(ctx context.Context, emit func(O) error, end func(error)) {
		next, last := wrap(ctx, emit, end)
		in.begin(ctx, next, last)
	})
}

// derive makes a source of one that in feeds, for operators that need more than Operator gives.
func derive[I, O any](name string, in Source[I], start StartFunc[O]) Source[O] {
	return Source[O]{start: start, node: &Node{Name: name, Inputs: []*Node{in.describe()}}}
}

// begin calls the StartFunc inside the start of another source.
func (s Source[T]) begin(ctx context.Context, emit func(T) error, end func(error)) {
	if s.start == nil {
		end(nil)
		return
	}
	if sp := spanOf(ctx); sp != nil {
		s = s.observed(sp)
	}
	s.start(ctx, emit, end)
}
