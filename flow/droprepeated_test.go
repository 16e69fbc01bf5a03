package flow_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleDropRepeated() {
	fmt.Println(flow.Collect(context.Background(), flow.DropRepeated(flow.Of(1, 1, 2, 2, 1))))
	// Output: [1 2 1] <nil>
}

func ExampleDropRepeatedFunc() {
	names := flow.DropRepeatedFunc(flow.Of("Ada", "ADA", "Grace"), strings.EqualFold)
	fmt.Println(flow.Collect(context.Background(), names))
	// Output: [Ada Grace] <nil>
}

func sameParity(a, b int) bool { return even(a) == even(b) }

func TestDropRepeatedKeepsTheLaws(t *testing.T) {
	keepsTheLaws(t, flow.DropRepeated[int], []int{0, 0, 1, 1, 0}, []int{0, 1, 0})
	keepsTheLaws(t, flow.DropRepeated[int], []int{1, 2}, []int{1, 2})
	keepsTheLaws(t, flow.DropRepeated[int], nil, nil)
}

func TestDropRepeatedFuncKeepsTheLaws(t *testing.T) {
	keepsTheLaws(t, func(in ints) ints { return flow.DropRepeatedFunc(in, sameParity) }, []int{1, 3, 2, 4, 5}, []int{1, 2, 5})
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.DropRepeatedFunc(in, func(int, int) bool {
			leave()
			return false
		})
	})
}

func TestDropRepeatedComparesWithTheLastThatWasPassedOn(t *testing.T) {
	near := func(last, v int) bool { return v-last < 3 }
	got, err := flow.Collect(t.Context(), flow.DropRepeatedFunc(flow.Of(0, 2, 4, 6), near))
	require.NoError(t, err)
	require.Equal(t, []int{0, 4}, got)
}

func TestDropRepeatedComparesAsTheLanguageDoes(t *testing.T) {
	got, err := flow.Collect(t.Context(), flow.DropRepeated(flow.Of(math.NaN(), math.NaN())))
	require.NoError(t, err)
	require.Len(t, got, 2)
	require.Panics(t, func() { _, _ = flow.Collect(t.Context(), flow.DropRepeated(flow.Of[any]([]int{}, []int{}))) })
}

// Sources that wait for a release before they give the next value would wait for ever.
func TestDropRepeatedDoesNotHoldTheLastValue(t *testing.T) {
	holds(t, flow.DropRepeated[*flowHeld])
	counted := &countingHolder{}
	require.NoError(t, flow.DropRepeated(flow.Of(counted, counted)).Run(t.Context(), func(*countingHolder) error { return nil }))
	require.Zero(t, counted.calls)
}

type countingHolder struct{ calls int }

func (h *countingHolder) Hold()    { h.calls++ }
func (h *countingHolder) Release() { h.calls++ }

func TestDropRepeatedDoesNotAllocate(t *testing.T) {
	require.Zero(t, allocations(flow.DropRepeated[int]))
	require.Zero(t, allocations(func(in ints) ints { return flow.DropRepeatedFunc(in, sameParity) }))
}

func BenchmarkDropRepeated(b *testing.B) { benchmark(b, flow.DropRepeated[int]) }

func BenchmarkDropRepeatedFunc(b *testing.B) {
	benchmark(b, func(in ints) ints { return flow.DropRepeatedFunc(in, sameParity) })
}
