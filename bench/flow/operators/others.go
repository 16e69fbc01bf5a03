package operators

import (
	"context"

	"github.com/samber/ro"

	"github.com/wsflow/wsflow/flow"
)

// others are the cases of operators that are about failures, and of those that collect.
func others() []Case {
	one, group := (*total).one, (*total).group
	all := func(_ context.Context, n int) int { return inlinedSum(n, func(v int) int { return v }) }
	allPlusOne := func(_ context.Context, n int) int { return inlinedSum(n, addOne) }
	never := func(error) (int, bool) { return 0, false }
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
