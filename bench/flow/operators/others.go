package operators

import (
	"context"
	"iter"

	"github.com/samber/ro"

	"github.com/wsflow/wsflow/flow"
)

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

func addingOne(emit func(int) error) func(int) error {
	return func(v int) error { return emit(addOne(v)) }
}

// others are the cases of operators that are about failures, and of those that collect.
func others() []Case {
	one, group := (*total).one, (*total).group
	all := func(_ context.Context, n int) int { return inlinedSum(n, func(v int) int { return v }) }
	allPlusOne := func(_ context.Context, n int) int { return inlinedSum(n, addOne) }
	never := func(error) (int, bool) { return 0, false }
	firstOfPage := func(v int) bool { return v%page == 0 }
	return []Case{
		{
			Name: "TryMap", Inlined: allPlusOne,
			Loop:     looped(one, tryLoop(addOneOrFail)),
			Flow:     flowed(one, func(in source) source { return flow.TryMap(in, addOneOrFail) }),
			Ro:       observed(one, ro.MapErr(func(v int) (int, error) { return v + 1, nil })),
			Channels: piped(one, tryLoop(addOneOrFail)),
		},
		{
			Name: "Recover", Inlined: all,
			Loop: looped(one, filterLoop(func(int) bool { return true })),
			Flow: flowed(one, func(in source) source { return flow.Recover(in, never) }),
			Ro:   observed(one, ro.Catch(func(err error) ro.Observable[int] { return ro.Throw[int](err) })),
		},
		{
			Name: "TakeLast",
			Inlined: func(_ context.Context, n int) int {
				return inlinedSum(n, func(v int) int {
					if v >= n-16 {
						return v
					}
					return 0
				})
			},
			Loop:     looped(one, takeLastLoop(16)),
			Flow:     flowed(one, func(in source) source { return flow.TakeLast(in, 16) }),
			Ro:       observed(one, ro.TakeLast[int](16)),
			Channels: piped(one, takeLastLoop(16)),
		},
		{
			Name: "SplitWhen", Inlined: allPlusOne,
			Loop:     looped(one, splitLoop(firstOfPage, addingOne)),
			Flow:     flowed(one, func(in source) source { return flow.SplitWhen(in, firstOfPage, mapFlow) }),
			Channels: piped(one, splitLoop(firstOfPage, addingOne)),
		},
		{
			Name: "ForEach", Inlined: all,
			Loop: func(ctx context.Context, n int) int {
				var t total
				must(eachLoop(t.each)(ctx, upTo(n), nil))
				return t.sum
			},
			Flow: func(ctx context.Context, n int) int {
				var t total
				_, err := flow.ForEach(t.each).Run(ctx, flow.FromSeq(upTo(n)))
				must(err)
				return t.sum
			},
		},
		{
			Name: "ToSlice", Inlined: all,
			Loop: looped(group, sliceLoop()),
			Flow: func(ctx context.Context, n int) int {
				values, err := flow.ToSlice[int]().Run(ctx, flow.FromSeq(upTo(n)))
				must(err)
				var t total
				must(t.group(values))
				return t.sum
			},
			Ro:       observed(group, ro.ToSlice[int]()),
			Channels: piped(group, sliceLoop()),
		},
	}
}

func (t *total) each(_ context.Context, v int) error {
	t.sum += v
	return nil
}
