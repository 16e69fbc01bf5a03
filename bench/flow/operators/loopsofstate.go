package operators

import (
	"context"
	"iter"
	"sync"

	"github.com/wsflow/wsflow/flow"
)

// Loops that know something about the values before.

//go:noinline
func scanLoop(zero int, f func(context.Context, int, int) (int, error)) loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		i, state := 0, zero
		if err := emit(state); err != nil {
			return err
		}
		for v := range in {
			if i++; i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			var err error
			if state, err = f(ctx, state, v); err != nil {
				return err
			}
			if err := emit(state); err != nil {
				return err
			}
		}
		return nil
	}
}

//go:noinline
func foldLoop(zero int, f func(int, int) int) loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		i, state := 0, zero
		for v := range in {
			if i++; i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			state = f(state, v)
		}
		return emit(state)
	}
}

//go:noinline
func reduceLoop(f func(int, int) int) loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		i, state, some := 0, 0, false
		for v := range in {
			if i++; i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if some {
				v = f(state, v)
			}
			state, some = v, true
		}
		return emit(state)
	}
}

//go:noinline
func groupedLoop(n int) loop[[]int] {
	return func(ctx context.Context, in iter.Seq[int], emit func([]int) error) error {
		i := 0
		var group []int
		for v := range in {
			if i++; i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if group == nil {
				group = make([]int, 0, n)
			}
			if group = append(group, v); len(group) < n {
				continue
			}
			if err := emit(group); err != nil {
				return err
			}
			group = nil
		}
		if len(group) == 0 {
			return nil
		}
		return emit(group)
	}
}

//go:noinline
func slidingLoop(n int) loop[[]int] {
	return func(ctx context.Context, in iter.Seq[int], emit func([]int) error) error {
		i := 0
		var window []int
		for v := range in {
			if i++; i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if window = append(window, v); len(window) < n {
				continue
			}
			if err := emit(append([]int(nil), window...)); err != nil {
				return err
			}
			copy(window, window[1:])
			window = window[:n-1]
		}
		return nil
	}
}

//go:noinline
func dropRepeatedLoop(eq func(int, int) bool) loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		i, last, some := 0, 0, false
		for v := range in {
			if i++; i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if some && eq(last, v) {
				continue
			}
			last, some = v, true
			if err := emit(v); err != nil {
				return err
			}
		}
		return nil
	}
}

//go:noinline
func intersperseLoop(sep int) loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		i := 0
		for v := range in {
			if i++; i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if i > 1 {
				if err := emit(sep); err != nil {
					return err
				}
			}
			if err := emit(v); err != nil {
				return err
			}
		}
		return nil
	}
}

//go:noinline
func indexLoop() loop[flow.Indexed[int]] {
	return func(ctx context.Context, in iter.Seq[int], emit func(flow.Indexed[int]) error) error {
		i := 0
		for v := range in {
			if i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err := emit(flow.Indexed[int]{Index: int64(i), Value: v}); err != nil {
				return err
			}
			i++
		}
		return nil
	}
}

// groupByLoop makes a function of each key, and calls it with the values that have it.
//
//go:noinline
func groupByLoop(key func(int) int, f func(emit func(int) error) func(int) error) loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		i := 0
		groups := make(map[int]func(int) error)
		for v := range in {
			if i++; i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			k := key(v)
			group := groups[k]
			if group == nil {
				group = f(emit)
				groups[k] = group
			}
			if err := group(v); err != nil {
				return err
			}
		}
		return nil
	}
}

//go:noinline
func statefulLoop[S any](create func() S, f func(S, int, func(int) error) error) loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		i, state := 0, create()
		for v := range in {
			if i++; i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err := f(state, v, emit); err != nil {
				return err
			}
		}
		return nil
	}
}

// locked lets emit be called by any goroutine.
func locked(f loop[int]) loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		var mu sync.Mutex
		return f(ctx, in, func(v int) error {
			mu.Lock()
			defer mu.Unlock()
			return emit(v)
		})
	}
}

//go:noinline
func sliceLoop() loop[[]int] {
	return func(ctx context.Context, in iter.Seq[int], emit func([]int) error) error {
		i := 0
		var values []int
		for v := range in {
			if i++; i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			values = append(values, v)
		}
		return emit(values)
	}
}

//go:noinline
func takeLastLoop(n int) loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		i, last, oldest := 0, make([]int, 0, n), 0
		for v := range in {
			if i++; i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if len(last) < n {
				last = append(last, v)
				continue
			}
			last[oldest] = v
			if oldest++; oldest == n {
				oldest = 0
			}
		}
		for i := range last {
			if err := emit(last[(oldest+i)%len(last)]); err != nil {
				return err
			}
		}
		return nil
	}
}

// splitLoop makes a function for each part of the stream.
//
//go:noinline
func splitLoop(first func(int) bool, f func(emit func(int) error) func(int) error) loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		i := 0
		var part func(int) error
		for v := range in {
			if i++; i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if first(v) || part == nil {
				part = f(emit)
			}
			if err := part(v); err != nil {
				return err
			}
		}
		return nil
	}
}
