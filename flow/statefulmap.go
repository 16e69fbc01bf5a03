package flow

import "context"

// StatefulMap calls f with every value and with a state that create makes at the start of each run, and passes on
// what f emits: nothing, one value or many. When in is complete, last is called, and may emit what is left in the
// state; a nil last emits nothing. last is not called when the run has failed, or was stopped or cancelled. An
// error of f or of last ends the stream; an error of emit, which they should return at once, does so in any case.
//
// The functions are best written as methods of the state, which is then a type that needs no stream to be tested:
//
//	StatefulMap(chunks, newSplitter, (*splitter).add, (*splitter).rest)
//
// A [Holder] that the state keeps is held by f, and released by whoever takes it from the state.
//
//	in           --ab--c.d--e-----|
//	StatefulMap  split at dots
//	out          ------abc--------de|
func StatefulMap[S, I, O any](
	in Source[I], create func() S,
	f func(state S, v I, emit func(O) error) error, last func(state S, emit func(O) error) error,
) Source[O] {
	return derive("StatefulMap", in, func(ctx context.Context, emit func(O) error, end func(error)) {
		var state S
		out := &untilStopped[O]{ctx: ctx, life: lifeOf(ctx), emit: emit}
		take := func(v O) error { return out.take(v) } // once, and as a method value it would be a call more
		startAfter(ctx, func() error {
			state = create()
			return nil
		}, in, func(v I) error {
			out.fresh = true
			return out.orStop(f(state, v, take))
		}, func(err error) {
			if err != nil || last == nil {
				end(err)
				return
			}
			out.fresh = false
			Guard(end, func() error { return out.orStop(last(state, take)) })
		})
	})
}

// An untilStopped is the emit that a function of the user's gets. It remembers what it has said, in case the
// function forgets.
type untilStopped[T any] struct {
	ctx   context.Context
	life  context.Context // of ctx
	emit  func(T) error
	stop  error
	fresh bool // the input has just looked whether the run is cancelled
}

func (u *untilStopped[T]) take(v T) error {
	if u.stop != nil {
		return u.stop
	}
	if !u.fresh && u.life.Err() != nil {
		u.stop = context.Cause(u.ctx)
		return u.stop
	}
	u.fresh = false
	u.stop = u.emit(v)
	return u.stop
}

// orStop returns what emit has said, or else err.
func (u *untilStopped[T]) orStop(err error) error {
	if u.stop != nil {
		return u.stop
	}
	return err
}
