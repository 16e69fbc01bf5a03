package stress

import (
	"context"
	"io"
	"log/slog"
	"slices"

	"github.com/wsflow/wsflow/flow"
)

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// simpleStages are the synchronous operators.
var simpleStages = []stage{
	each("Map", func(in ints) ints { return flow.Map(in, next) }, one(next)),
	each("TryMap", func(in ints) ints { return flow.TryMap(in, tryNext) }, one(next)),
	each("Filter", func(in ints) ints { return flow.Filter(in, even) }, ifEven),
	each("MapConcat", func(in ints) ints { return flow.MapConcat(in, twice) }, twice),
	each("FilterMap", func(in ints) ints {
		return flow.FilterMap(in, func(v int) (int, bool) { return v / 2, even(v) })
	}, func(v int) []int {
		if even(v) {
			return []int{v / 2}
		}
		return nil
	}),
	same("Log", func(in ints) ints { return flow.Log(in, quiet, "stress") }),
	same("DoOnFirst", func(in ints) ints { return flow.DoOnFirst(in, func(int) {}) }),
	same("MapWithResource", func(in ints) ints {
		return flow.MapWithResource(in, func(context.Context) (int, error) { return 0, nil },
			func(_ context.Context, zero, v int) (int, error) { return v + zero, nil }, func(int) error { return nil })
	}),
	same("ZipWithIndex", func(in ints) ints {
		return flow.Map(flow.ZipWithIndex(in), func(i flow.Indexed[int]) int { return i.Value })
	}),
	inOrder("Take", func(in ints, n int) ints { return flow.Take(in, n) }, first),
	inOrder("Drop", func(in ints, n int) ints { return flow.Drop(in, n) }, func(n int, values []int, end error) ([]int, error) {
		return values[min(n, len(values)):], end
	}),
	inOrder("TakeWhile", func(in ints, n int) ints { return flow.TakeWhile(in, below(n)) }, func(n int, values []int, end error) ([]int, error) {
		if i := slices.IndexFunc(values, not(below(n))); i >= 0 {
			return values[:i], nil
		}
		return values, end
	}),
	inOrder("TakeUntil", func(in ints, n int) ints { return flow.TakeUntil(in, below(n)) }, func(n int, values []int, end error) ([]int, error) {
		if i := slices.IndexFunc(values, below(n)); i >= 0 {
			return values[:i+1], nil
		}
		return values, end
	}),
	inOrder("DropWhile", func(in ints, n int) ints { return flow.DropWhile(in, below(n)) }, func(n int, values []int, end error) ([]int, error) {
		if i := slices.IndexFunc(values, not(below(n))); i >= 0 {
			return values[i:], end
		}
		return nil, end
	}),
	inOrder("Scan", func(in ints, _ int) ints {
		return flow.Scan(in, 0, func(_ context.Context, sum, v int) (int, error) { return sum + v, nil })
	}, func(_ int, values []int, end error) ([]int, error) {
		sums := []int{0}
		for i, v := range values {
			sums = append(sums, sums[i]+v)
		}
		return sums, end
	}),
	inOrder("StatefulMap", func(in ints, _ int) ints {
		return flow.StatefulMap(in, func() *int { return new(int) }, func(sum *int, v int, emit func(int) error) error {
			*sum += v
			return emit(v)
		}, func(sum *int, emit func(int) error) error { return emit(*sum) })
	}, func(_ int, values []int, end error) ([]int, error) {
		if end == nil {
			values = append(values, sum(values))
		}
		return values, end
	}),
	inOrder("Grouped", func(in ints, n int) ints { return flow.Map(flow.Grouped(in, n+1), sum) }, grouped),
	inOrder("GroupedWeighted", func(in ints, n int) ints {
		return flow.Map(flow.GroupedWeighted(in, n+1, func(int) int { return 1 }), sum)
	}, grouped),
	inOrder("Sliding", func(in ints, n int) ints { return flow.Map(flow.Sliding(in, n+1, n+1), sum) }, grouped),
	failing("Limit", flow.ErrLimit, func(in ints, n int) ints { return flow.Limit(in, n) }, limited),
	failing("LimitWeighted", flow.ErrLimit, func(in ints, n int) ints {
		return flow.LimitWeighted(in, n, func(int) int { return 1 })
	}, limited),
	inOrder("Intersperse", func(in ints, _ int) ints { return flow.Intersperse(in, -1) }, func(_ int, values []int, end error) ([]int, error) {
		var with []int
		for i, v := range values {
			if i > 0 {
				with = append(with, -1)
			}
			with = append(with, v)
		}
		return with, end
	}),
	inOrder("DropRepeated", func(in ints, _ int) ints { return flow.DropRepeated(in) }, compacted),
	inOrder("DropRepeatedFunc", func(in ints, _ int) ints {
		return flow.DropRepeatedFunc(in, func(a, b int) bool { return a == b })
	}, compacted),
	inOrder("TakeLast", func(in ints, n int) ints { return flow.TakeLast(in, n+1) }, func(n int, values []int, end error) ([]int, error) {
		if end != nil {
			return nil, end
		}
		return values[max(0, len(values)-n-1):], nil
	}),
}

func first(n int, values []int, end error) ([]int, error) {
	if len(values) >= n {
		return values[:n], nil
	}
	return values, end
}

func limited(n int, values []int, end error) ([]int, error) {
	if len(values) > n {
		return values[:n], flow.ErrLimit
	}
	return values, end
}

func compacted(_ int, values []int, end error) ([]int, error) { return slices.Compact(values), end }

// grouped are the sums of groups of n+1 values. What is in a group when the stream fails is dropped.
func grouped(n int, values []int, end error) ([]int, error) {
	var sums []int
	for group := range slices.Chunk(values, n+1) {
		if len(group) == n+1 || end == nil {
			sums = append(sums, sum(group))
		}
	}
	return sums, end
}

func sum(values []int) int {
	total := 0
	for _, v := range values {
		total += v
	}
	return total
}

func next(v int) int { return v + 1 }

func tryNext(_ context.Context, v int) (int, error) { return v + 1, nil }

func one(f func(int) int) func(int) []int { return func(v int) []int { return []int{f(v)} } }

func even(v int) bool { return v%2 == 0 }

func ifEven(v int) []int {
	if even(v) {
		return []int{v}
	}
	return nil
}

func twice(v int) []int { return []int{v, v} }

func below(n int) func(int) bool { return func(v int) bool { return v < 250*n } }

func not(f func(int) bool) func(int) bool { return func(v int) bool { return !f(v) } }
