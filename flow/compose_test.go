package flow_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

var seed = flag.Uint64("flow.seed", 0, "seed of the random compositions; 0 takes a new one")

// A composed is a source beside the values that it has to give. A merge gives them in any order.
type composed struct {
	source  ints
	want    []int
	ordered bool
}

// compose builds a source of up to depth operators, out of what slices do.
func compose(r *rand.Rand, depth int) composed {
	if depth == 0 {
		return plain(r)
	}
	in := compose(r, depth-1)
	n := r.IntN(6)
	switch r.IntN(12) {
	case 0:
		in.source = mapped(in.source)
		in.want = each(in.want, func(v int) []int { return []int{v + 1} })
	case 1:
		in.source = flow.Filter(in.source, even)
		in.want = slices.DeleteFunc(slices.Clone(in.want), func(v int) bool { return !even(v) })
	case 2:
		double := func(v int) []int { return slices.Repeat([]int{v}, n%3) }
		in.source = flow.MapConcat(in.source, double)
		in.want = each(in.want, double)
	case 3, 4:
		if in.ordered { // the first of values in any order may be any
			in.source = flow.Take(in.source, n)
			in.want = in.want[:min(n, len(in.want))]
		}
	case 5:
		if in.ordered {
			in.source = flow.Drop(in.source, n)
			in.want = in.want[min(n, len(in.want)):]
		}
	case 6:
		in.source = flow.Async(in.source)
	case 7:
		in.source = flow.Buffer(in.source, n+1, flow.Backpressure)
	case 8:
		in.source = flow.MapAsync(in.source, n+1, tenfold)
		in.want = each(in.want, func(v int) []int { return []int{10 * v} })
	case 9, 10:
		other := compose(r, r.IntN(depth))
		in.source = flow.Concat(in.source, other.source)
		in.want = slices.Concat(in.want, other.want)
		in.ordered = in.ordered && other.ordered
	case 11:
		other := compose(r, r.IntN(depth))
		in.source = flow.Merge(in.source, other.source)
		in.want = slices.Concat(in.want, other.want)
		in.ordered = false
	}
	return in
}

func plain(r *rand.Rand) composed {
	want := slices.Collect(upTo(r.IntN(40)))
	switch r.IntN(3) {
	case 0:
		return composed{flow.Of(want...), want, true}
	case 1:
		return composed{flow.FromSeq(slices.Values(want)), want, true}
	default:
		return composed{flow.NewSource("later", func(ctx context.Context, emit func(int) error, end func(error)) {
			flow.Go(ctx, func() { flow.Of(want...).Start(ctx, emit, end) })
		}), want, true}
	}
}

func each(values []int, f func(int) []int) []int {
	var out []int
	for _, v := range values {
		out = append(out, f(v)...)
	}
	return out
}

func TestRandomCompositionsDoWhatSlicesDo(t *testing.T) {
	start := *seed
	if start == 0 {
		start = rand.Uint64()
	}
	for i := range uint64(2000) {
		r := rand.New(rand.NewPCG(start, i))
		c := compose(r, r.IntN(9))
		where := fmt.Sprintf("-flow.seed=%d, composition %d:\n%v", start, i, flow.Describe(c.source))
		got, err := flow.Collect(t.Context(), c.source)
		require.NoError(t, err, where)
		if !c.ordered {
			slices.Sort(got)
			slices.Sort(c.want)
		}
		require.Equal(t, fmt.Sprint(c.want), fmt.Sprint(got), where)
		stopSomewhere(t, r, c, where)
	}
}

// stopSomewhere runs c again, and stops or cancels it at some value.
func stopSomewhere(t *testing.T, r *rand.Rand, c composed, where string) {
	t.Helper()
	if len(c.want) == 0 {
		return
	}
	at, n := r.IntN(len(c.want)), 0
	err := c.source.Run(t.Context(), func(int) error {
		if n++; n > at {
			return errTest
		}
		return nil
	})
	require.Equal(t, errTest, err, where)
	require.Equal(t, at+1, n, where)

	ctx, cancel := context.WithCancelCause(t.Context())
	n = 0
	err = c.source.Run(ctx, func(int) error {
		if n++; n > at {
			cancel(errTest)
		}
		return nil
	})
	if err != nil || at < len(c.want)-1 && !strings.Contains(where, "Take") {
		require.Equal(t, errTest, err, where)
	}
}
