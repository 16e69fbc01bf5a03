package flow_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
)

func ExampleMerge() {
	merged := flow.Merge(flow.Of(1, 3), flow.Of(2))
	sum, err := flow.Fold(0, func(sum, v int) int { return sum + v }).Run(context.Background(), merged)
	fmt.Println(sum, err)
	// Output: 6 <nil>
}

func TestMergeKeepsTheLaws(t *testing.T) {
	keepsTheLaws(t, func(in ints) ints { return flow.Merge(in) }, []int{1, 2, 3}, []int{1, 2, 3})
	keepsTheLaws(t, func(in ints) ints {
		return flow.Merge(flow.Of(7, 8), in, flow.Empty[int]())
	}, []int{1, 2}, []int{1, 2, 7, 8}, flowtest.Unordered())
	sourceKeepsTheLaws(t, func() ints { return flow.Merge[int]() }, nil)
	holds(t, func(in flow.Source[*flowHeld]) flow.Source[*flowHeld] {
		return flow.Merge(in, flow.Empty[*flowHeld]())
	})
}

func TestPanicOfASourceThatIsCancelledIsNotLost(t *testing.T) {
	panicking := flow.FromFunc(func(ctx context.Context, _ func(int) error) error {
		<-ctx.Done()
		panic("oops")
	})
	for name, first := range map[string]ints{"after an error": flow.Fail[int](errTest), "after the end of the first": flow.Empty[int]()} {
		require.Panics(t, func() {
			_, err := flow.Collect(t.Context(), flow.MergeWhile(first, panicking))
			t.Log(name, err)
		}, name)
	}
}

func TestMergeKeepsTheOrderOfEachSource(t *testing.T) {
	tag := func(add int) ints { return flow.Map(flow.FromSeq(upTo(1000)), func(v int) int { return v + add }) }
	values, err := flow.Collect(t.Context(), flow.Merge(tag(0), tag(10_000), tag(20_000)))
	require.NoError(t, err)
	require.Len(t, values, 3000)
	for _, add := range []int{0, 10_000, 20_000} {
		own := slices.DeleteFunc(slices.Clone(values), func(v int) bool { return v < add || v >= add+1000 })
		require.Len(t, own, 1000)
		require.True(t, slices.IsSorted(own))
	}
}

func TestMergeFailsWithTheFirstErrorAndCancelsTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		late := flow.FromFunc(func(ctx context.Context, _ func(int) error) error {
			<-ctx.Done()
			require.Equal(t, errTest, context.Cause(ctx))
			time.Sleep(time.Second) // it takes a while to end
			return context.Cause(ctx)
		})
		start := time.Now()
		_, err := flow.Collect(t.Context(), flow.Merge(late, flow.Never[int](), flow.Fail[int](errTest)))
		require.Equal(t, errTest, err)
		require.Equal(t, time.Second, time.Since(start))
	})
}

func TestMergedSourceIsNotKeptWaitingForever(t *testing.T) {
	endless := flow.FromFunc(func(ctx context.Context, emit func(int) error) error {
		for {
			if err := emit(1); err != nil {
				return err
			}
		}
	})
	seen := 0
	err := flow.Merge(endless, flow.Concat(flow.Of(2, 2, 2, 2, 2), flow.Never[int]())).Run(t.Context(), func(v int) error {
		if v == 2 {
			seen++
		}
		if seen == 5 {
			return errTest
		}
		return nil
	})
	require.Equal(t, errTest, err)
}
