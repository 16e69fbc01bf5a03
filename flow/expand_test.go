package flow_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleExpand() {
	// A video of ten pictures a second from a camera that is slower.
	again := flow.Expand(flow.Of("picture"), func(p string) iter.Seq[string] {
		return func(yield func(string) bool) {
			for yield(p) {
			}
		}
	})
	video := flow.Throttle(again, flow.Rate{N: 10, Per: time.Second, Burst: 1})
	fmt.Println(flow.Collect(context.Background(), video))
	// Output: [picture] <nil>
}

func ExampleExtrapolate() {
	// The place of a player, guessed until the next one is known.
	places := flow.Extrapolate(flow.Of(100), func(place int) iter.Seq[int] { return countingFrom(place + 1) })
	first, err := flow.Collect(context.Background(), flow.Take(places, 1))
	fmt.Println(first, err)
	// Output: [100] <nil>
}

// countingFrom yields v and what comes after it.
func countingFrom(v int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for ; yield(v); v++ {
		}
	}
}

func onlyElement[T any](v T) iter.Seq[T] { return slices.Values([]T{v}) }

func TestExpandKeepsTheLaws(t *testing.T) {
	for _, f := range []flow.Flow[int, int]{
		func(in ints) ints { return flow.Expand(in, onlyElement[int]) },
		func(in ints) ints {
			return flow.Extrapolate(in, func(int) iter.Seq[int] { return func(func(int) bool) {} })
		},
	} {
		keepsTheLaws(t, f, []int{1, 2, 3}, []int{1, 2, 3})
		keepsTheLaws(t, f, nil, nil)
	}
	holds(t, func(in flow.Source[*flowHeld]) flow.Source[*flowHeld] { return flow.Expand(in, onlyElement[*flowHeld]) })
	holds(t, func(in flow.Source[*flowHeld]) flow.Source[*flowHeld] {
		return flow.Extrapolate(in, onlyElement[*flowHeld])
	})
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.Expand(in, func(v int) iter.Seq[int] { leave(); return onlyElement(v) })
	})
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.Expand(in, func(int) iter.Seq[int] { return func(func(int) bool) { leave() } })
	})
}

func TestExpandEmitsUntilTheNextValueComes(t *testing.T) {
	tens := func(v int) iter.Seq[int] { return countingFrom(10 * v) }
	draws(t, flow.Expand(script("1@1 2@9 |15"), tens), "10@1 11@4 12@7 20@10 21@13 |16", 3, 3, 3, 3, 3)
}

func TestExtrapolateBeginsWithTheValueItself(t *testing.T) {
	tens := func(v int) iter.Seq[int] { return countingFrom(10 * v) }
	draws(t, flow.Extrapolate(script("1@1 2@9 |15"), tens), "1@1 10@4 11@7 2@10 20@13 |16", 3, 3, 3, 3, 3)
}

func TestEveryValueGivesItsFirstElement(t *testing.T) {
	draws(t, flow.Expand(flow.Of(1, 2, 3), countingFrom), "1@0 2@3 3@6 |9", 3, 3, 3)
	require.Equal(t, errTest, endOf(t, flow.Expand(script("1@0 2@1 X1"), countingFrom), "1@0 2@3 X6", 3, 3))
}

func TestExpandOfFewElementsWaitsForTheNextValue(t *testing.T) {
	none := func(v int) iter.Seq[int] { return slices.Values([]int{v, v}[:v%3]) }
	draws(t, flow.Expand(script("1@1 2@5 3@6 4@9 |12"), none), "1@1 2@5 2@5 4@9 |12")
}

func TestExpandOfEndlessElementsCanBeCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		n := 0
		err := flow.Expand(script("1@1"), countingFrom).Run(ctx, func(int) error {
			if n++; n == 1000 {
				cancel(errTest)
			}
			return nil
		})
		require.Equal(t, errTest, err)
		require.Equal(t, 1000, n)
		stop := errors.New("stop")
		require.Equal(t, stop, flow.Expand(script("1@1"), countingFrom).Run(t.Context(), stopsAt[int](1000, stop)))
	})
}

func BenchmarkExpand(b *testing.B) {
	one := slices.Values([]int{1})
	benchmark(b, func(in ints) ints { return flow.Expand(in, func(int) iter.Seq[int] { return one }) })
}

func BenchmarkExtrapolate(b *testing.B) {
	none := slices.Values([]int{})
	benchmark(b, func(in ints) ints { return flow.Extrapolate(in, func(int) iter.Seq[int] { return none }) })
}
