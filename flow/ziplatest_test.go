package flow_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
)

func ExampleZipLatest() {
	temperature := flow.Concat(flow.Of(21), flow.Never[int]())
	wind := flow.Concat(flow.Of("north"), flow.Never[string]())
	weather := flow.Map(flow.ZipLatest(temperature, wind), func(p flow.Pair[int, string]) string {
		return fmt.Sprintf("%d degrees, wind from the %s", p.First, p.Second)
	})
	fmt.Println(flow.Collect(context.Background(), flow.Take(weather, 1)))
	// Output: [21 degrees, wind from the north] <nil>
}

func TestZipLatestKeepsTheLaws(t *testing.T) {
	first := func(p flow.Pair[int, int]) int { return p.First }
	keepsTheLaws(t, func(in ints) ints {
		return flow.Map(flow.ZipLatest(in, flow.Concat(flow.Of(7), flow.Never[int]())), first)
	}, []int{1, 2, 3}, []int{1, 2, 3}, flowtest.Lossy())
	keepsTheLaws(t, func(in ints) ints {
		return flow.Map(flow.ZipLatest(flow.Concat(flow.Of(7), flow.Never[int]()), in), func(p flow.Pair[int, int]) int { return p.Second })
	}, []int{1, 2, 3}, []int{1, 2, 3}, flowtest.Lossy())
	holds(t, func(in flow.Source[*flowHeld]) flow.Source[*flowHeld] {
		return flow.Map(flow.ZipLatest(in, in), func(p flow.Pair[*flowHeld, *flowHeld]) *flowHeld { return p.Second })
	})
}

func TestZipLatestGivesTheLatestOfBothUntilOneIsComplete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := paced(time.Second, 1, 2), paced(1500*time.Millisecond, 3, 4, 5, 6)
		start := time.Now()
		values, err := flow.Collect(t.Context(), flow.ZipLatest(a, b))
		require.NoError(t, err)
		require.Equal(t, pairs(1, 3, 2, 3), values)
		require.Equal(t, 2*time.Second, time.Since(start))
		values, err = flow.Collect(t.Context(), flow.ZipLatest(flow.Concat(a, flow.Never[int]()), b))
		require.NoError(t, err)
		require.Equal(t, pairs(1, 3, 2, 3, 2, 4, 2, 5, 2, 6), values)
	})
}

func TestZipLatestFailsWithTheFirstError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, err := flow.Collect(t.Context(), flow.ZipLatest(flow.Never[int](), flow.Fail[int](errTest)))
		require.Equal(t, errTest, err)
	})
}

func TestZipLatestInZipLatestEndsItselfAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner := flow.Concat(flow.Map(flow.ZipLatest(paced(time.Second, 1, 2), flow.Concat(flow.Of(3), flow.Never[int]())),
			func(p flow.Pair[int, int]) int { return p.First }), flow.Never[int]())
		values, err := flow.Collect(t.Context(), flow.ZipLatest(inner, paced(3*time.Second, 7, 8)))
		require.NoError(t, err)
		require.Equal(t, pairs(2, 7, 2, 8), values)
	})
}

func BenchmarkZipLatest(b *testing.B) {
	benchmark(b, func(in ints) ints {
		return flow.Map(flow.ZipLatest(in, flow.Concat(flow.Of(1), flow.Never[int]())), func(p flow.Pair[int, int]) int { return p.First })
	})
}
