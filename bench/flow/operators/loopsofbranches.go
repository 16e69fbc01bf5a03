package operators

import (
	"context"
	"iter"
)

// Loops that call more than one function.

// A stage makes a function of where its values go.
type stage func(emit func(int) error) func(int) error

// prefixLoop takes one value for itself.
//
//go:noinline
func prefixLoop(f stage) loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		i := 0
		var rest func(int) error
		for v := range in {
			if i++; i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if rest == nil {
				rest = f(emit)
				continue
			}
			if err := rest(v); err != nil {
				return err
			}
		}
		return nil
	}
}

//go:noinline
func lazyLoop(f stage) loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		i := 0
		var each func(int) error
		for v := range in {
			if i++; i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if each == nil {
				each = f(emit)
			}
			if err := each(v); err != nil {
				return err
			}
		}
		return nil
	}
}

//go:noinline
func mapThriceLoop(f, g, h func(int) int) loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		i := 0
		for v := range in {
			if i++; i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err := emit(h(g(f(v)))); err != nil {
				return err
			}
		}
		return nil
	}
}

//go:noinline
func splitAfterLoop(last func(int) bool, f stage) loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		i := 0
		var part func(int) error
		for v := range in {
			if i++; i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if part == nil {
				part = f(emit)
			}
			end := last(v)
			if err := part(v); err != nil {
				return err
			}
			if end {
				part = nil
			}
		}
		return nil
	}
}

//go:noinline
func unzipLoop(split func(int) (int, int), first, second stage) loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		i, first, second := 0, first(emit), second(emit)
		for v := range in {
			if i++; i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			a, b := split(v)
			if err := first(a); err != nil {
				return err
			}
			if err := second(b); err != nil {
				return err
			}
		}
		return nil
	}
}

//go:noinline
func teeLoop(sink func(context.Context, int) error) loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		i := 0
		for v := range in {
			if i++; i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err := emit(v); err != nil {
				return err
			}
			if err := sink(ctx, v); err != nil {
				return err
			}
		}
		return nil
	}
}

//go:noinline
func divertLoop(when func(int) bool, sink func(context.Context, int) error) loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		i := 0
		for v := range in {
			if i++; i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			var err error
			if when(v) {
				err = sink(ctx, v)
			} else {
				err = emit(v)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
}

//go:noinline
func takeLastOneLoop() loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		i, last := 0, 0
		for v := range in {
			if i++; i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			last = v
		}
		return emit(last)
	}
}

//go:noinline
func foldMappedLoop(zero int, f func(int) int, g func(int, int) int) loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		i, state := 0, zero
		for v := range in {
			if i++; i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			state = g(state, f(v))
		}
		return emit(state)
	}
}
