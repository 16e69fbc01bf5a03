package operators

import (
	"context"
	"errors"
	"iter"
)

var errLimit = errors.New("limit exceeded")

// stride is how many values a loop lets pass between two looks at its context.
const stride = 64

// The loops are not inlined into what calls them, so that the compiler does not get to know their functions.

//go:noinline
func mapLoop(f func(int) int) loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		i := 0
		for v := range in {
			if i++; i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err := emit(f(v)); err != nil {
				return err
			}
		}
		return nil
	}
}

//go:noinline
func filterLoop(keep func(int) bool) loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		i := 0
		for v := range in {
			if i++; i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if !keep(v) {
				continue
			}
			if err := emit(v); err != nil {
				return err
			}
		}
		return nil
	}
}

//go:noinline
func filterMapLoop(f func(int) (int, bool)) loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		i := 0
		for v := range in {
			if i++; i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			out, ok := f(v)
			if !ok {
				continue
			}
			if err := emit(out); err != nil {
				return err
			}
		}
		return nil
	}
}

//go:noinline
func mapConcatLoop(f func(int) []int) loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		i := 0
		for v := range in {
			for _, out := range f(v) {
				if i++; i%stride == 0 && ctx.Err() != nil {
					return context.Cause(ctx)
				}
				if err := emit(out); err != nil {
					return err
				}
			}
		}
		return nil
	}
}

//go:noinline
func takeLoop(n int) loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		i, left := 0, n
		for v := range in {
			if i++; i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err := emit(v); err != nil {
				return err
			}
			if left--; left == 0 {
				break
			}
		}
		return nil
	}
}

//go:noinline
func takeWhileLoop(keep func(int) bool) loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		i := 0
		for v := range in {
			if i++; i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if !keep(v) {
				break
			}
			if err := emit(v); err != nil {
				return err
			}
		}
		return nil
	}
}

//go:noinline
func dropLoop(n int) loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		i, left := 0, n
		for v := range in {
			if i++; i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if left > 0 {
				left--
				continue
			}
			if err := emit(v); err != nil {
				return err
			}
		}
		return nil
	}
}

//go:noinline
func dropWhileLoop(drop func(int) bool) loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		i, dropping := 0, true
		for v := range in {
			if i++; i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if dropping = dropping && drop(v); dropping {
				continue
			}
			if err := emit(v); err != nil {
				return err
			}
		}
		return nil
	}
}

//go:noinline
func concatLoop(ctx context.Context, seqs []iter.Seq[int], emit func(int) error) error {
	i := 0
	for _, seq := range seqs {
		for v := range seq {
			if i++; i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err := emit(v); err != nil {
				return err
			}
		}
	}
	return nil
}

//go:noinline
func flatMapLoop(f func(int) iter.Seq[int]) loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		i := 0
		for v := range in {
			for out := range f(v) {
				if i++; i%stride == 0 && ctx.Err() != nil {
					return context.Cause(ctx)
				}
				if err := emit(out); err != nil {
					return err
				}
			}
		}
		return nil
	}
}

//go:noinline
func limitLoop(n int) loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		i, left := 0, n
		for v := range in {
			if i++; i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if left == 0 {
				return errLimit
			}
			left--
			if err := emit(v); err != nil {
				return err
			}
		}
		return nil
	}
}

//go:noinline
func tryLoop(f func(context.Context, int) (int, error)) loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		i := 0
		for v := range in {
			if i++; i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			out, err := f(ctx, v)
			if err != nil {
				return err
			}
			if err := emit(out); err != nil {
				return err
			}
		}
		return nil
	}
}

//go:noinline
func eachLoop(f func(context.Context, int) error) loop[int] {
	return func(ctx context.Context, in iter.Seq[int], _ func(int) error) error {
		i := 0
		for v := range in {
			if i++; i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err := f(ctx, v); err != nil {
				return err
			}
		}
		return nil
	}
}
