package operators

import (
	"context"
	"io"
	"iter"

	"github.com/samber/ro"

	"github.com/wsflow/wsflow/flow"
)

// making are the cases of sources that make their values, and of operators that make others of them.
func making() []Case {
	one, group := (*total).one, (*total).group
	all := func(_ context.Context, n int) int { return inlinedSum(n, func(v int) int { return v }) }
	allPlusOne := func(_ context.Context, n int) int { return inlinedSum(n, addOne) }
	return []Case{
		{
			Name: "TakeUntil", Inlined: func(ctx context.Context, n int) int { return all(ctx, n-1) },
			Loop: func(ctx context.Context, n int) int { return looped(one, takeUntilLoop(is(n-2)))(ctx, n) },
			Flow: func(ctx context.Context, n int) int {
				return flowed(one, func(in source) source { return flow.TakeUntil(in, is(n-2)) })(ctx, n)
			},
			Channels: func(ctx context.Context, n int) int { return piped(one, takeUntilLoop(is(n-2)))(ctx, n) },
		},
		{
			Name: "GroupedWeighted", Inlined: all,
			Loop:     looped(group, groupedWeightedLoop(16, weighsOne)),
			Flow:     flowed(group, func(in source) flow.Source[[]int] { return flow.GroupedWeighted(in, 16, weighsOne) }),
			Channels: piped(group, groupedWeightedLoop(16, weighsOne)),
		},
		{
			Name: "MapWithResource", Inlined: allPlusOne,
			Loop:     looped(one, resourceLoop(newOne, addResource, closeOne)),
			Flow:     flowed(one, func(in source) source { return flow.MapWithResource(in, newOne, addResource, closeOne) }),
			Channels: piped(one, resourceLoop(newOne, addResource, closeOne)),
		},
		{
			Name: "Unfold", Inlined: all,
			Loop: func(ctx context.Context, n int) int {
				var t total
				must(unfoldLoop(ctx, 0, countTo(n), emitTo(&t, one)))
				return t.sum
			},
			Flow: flowOf(one, func(n int) source { return flow.Unfold(0, countTo(n)) }),
		},
		{
			Name: "UnfoldResource", Inlined: all,
			Loop: func(ctx context.Context, n int) int {
				var t total
				must(readLoop(ctx, newCursor, readTo(n), (*cursor).Close, emitTo(&t, one)))
				return t.sum
			},
			Flow: flowOf(one, func(n int) source { return flow.UnfoldResource(newCursor, readTo(n), (*cursor).Close) }),
		},
		{
			Name: "Repeat, Take", Inlined: func(_ context.Context, n int) int { return inlinedSum(n, weighsOne) },
			Loop: loopOf(func(n int) (iter.Seq[int], loop[int]) { return repeated(1), takeLoop(n) }),
			Flow: flowOf(one, func(n int) source { return flow.Take(flow.Repeat(1), n) }),
		},
		{
			Name: "Cycle, Take",
			Inlined: func(_ context.Context, n int) int {
				return inlinedSum(n, func(v int) int { return v % page })
			},
			Loop: loopOf(func(n int) (iter.Seq[int], loop[int]) { return cycled(pages), takeLoop(n) }),
			Flow: flowOf(one, func(n int) source { return flow.Take(flow.Cycle(flow.FromSeq(pages)), n) }),
		},
		{
			Name: "Lazy", Inlined: all,
			Loop: loopOf(func(n int) (iter.Seq[int], loop[int]) { return upTo(n), passLoop() }),
			Flow: flowOf(one, func(n int) source {
				return flow.Lazy(func(context.Context) (source, error) { return flow.FromSeq(upTo(n)), nil })
			}),
			Ro: observedOf(one, func(n int) ro.Observable[int] {
				return ro.Defer(func() ro.Observable[int] { return numbers(n) })
			}),
		},
	}
}

// loopOf runs a loop with values of its own.
func loopOf(build func(n int) (iter.Seq[int], loop[int])) Run {
	return func(ctx context.Context, n int) int {
		var t total
		in, f := build(n)
		must(f(ctx, in, emitTo(&t, (*total).one)))
		return t.sum
	}
}

func is(last int) func(int) bool { return func(v int) bool { return v == last } }

func newOne(context.Context) (int, error) { return 1, nil }

func addResource(_ context.Context, r, v int) (int, error) { return r + v, nil }

func closeOne(int) error { return nil }

func countTo(n int) func(context.Context, int) (v, next int, err error) {
	return func(_ context.Context, v int) (int, int, error) {
		if v == n {
			return 0, 0, io.EOF
		}
		return v, v + 1, nil
	}
}

// A cursor is a resource to read from.
type cursor struct{ next int }

func newCursor(context.Context) (*cursor, error) { return new(cursor), nil }

func (c *cursor) Close() error { return nil }

func readTo(n int) func(context.Context, *cursor) (int, error) {
	return func(_ context.Context, c *cursor) (int, error) {
		if c.next == n {
			return 0, io.EOF
		}
		c.next++
		return c.next - 1, nil
	}
}

//go:noinline
func takeUntilLoop(last func(int) bool) loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		i := 0
		for v := range in {
			if i++; i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			end := last(v)
			if err := emit(v); err != nil || end {
				return err
			}
		}
		return nil
	}
}

//go:noinline
func groupedWeightedLoop(limit int, weight func(int) int) loop[[]int] {
	return func(ctx context.Context, in iter.Seq[int], emit func([]int) error) error {
		i, weighs := 0, 0
		var group []int
		for v := range in {
			if i++; i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			w := weight(v)
			if len(group) > 0 && weighs+w > limit {
				if err := emit(group); err != nil {
					return err
				}
				group, weighs = nil, 0
			}
			group, weighs = append(group, v), weighs+w
			if weighs < limit {
				continue
			}
			if err := emit(group); err != nil {
				return err
			}
			group, weighs = nil, 0
		}
		if len(group) == 0 {
			return nil
		}
		return emit(group)
	}
}

//go:noinline
func resourceLoop(
	open func(context.Context) (int, error), f func(context.Context, int, int) (int, error), close func(int) error,
) loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		r, err := open(ctx)
		if err != nil {
			return err
		}
		err = tryLoop(func(ctx context.Context, v int) (int, error) { return f(ctx, r, v) })(ctx, in, emit)
		if closing := close(r); err == nil {
			err = closing
		}
		return err
	}
}

//go:noinline
func unfoldLoop(ctx context.Context, seed int, f func(context.Context, int) (int, int, error), emit func(int) error) error {
	for i := 1; ; i++ {
		if i%stride == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		v, next, err := f(ctx, seed)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := emit(v); err != nil {
			return err
		}
		seed = next
	}
}

//go:noinline
func readLoop(
	ctx context.Context, open func(context.Context) (*cursor, error),
	read func(context.Context, *cursor) (int, error), close func(*cursor) error, emit func(int) error,
) (err error) {
	r, err := open(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if closing := close(r); err == nil {
			err = closing
		}
	}()
	return unfoldLoop(ctx, 0, func(ctx context.Context, _ int) (int, int, error) {
		v, err := read(ctx, r)
		return v, 0, err
	}, emit)
}

func repeated(v int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for yield(v) {
		}
	}
}

func cycled(seq iter.Seq[int]) iter.Seq[int] {
	return func(yield func(int) bool) {
		for more := true; more; {
			seq(func(v int) bool {
				more = yield(v)
				return more
			})
		}
	}
}
