package flow_test

import (
	"context"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
)

func ExampleUnfold() {
	fibonacci := flow.Unfold([2]int{0, 1}, func(_ context.Context, s [2]int) (int, [2]int, error) {
		return s[0], [2]int{s[1], s[0] + s[1]}, nil
	})
	fmt.Println(flow.Collect(context.Background(), flow.Take(fibonacci, 8)))
	// Output: [0 1 1 2 3 5 8 13] <nil>
}

// unfolding counts up to n-1 and then ends with err.
func unfolding(n int, err error) ints {
	return flow.Unfold(0, func(_ context.Context, s int) (int, int, error) {
		if s == n {
			return -1, -1, err
		}
		return s, s + 1, nil
	})
}

func TestUnfoldKeepsTheLaws(t *testing.T) {
	sourceKeepsTheLaws(t, func() ints { return unfolding(3, io.EOF) }, []int{0, 1, 2})
	sourceKeepsTheLaws(t, func() ints { return unfolding(0, io.EOF) }, nil)
	sourceKeepsTheLaws(t, func() ints {
		return flow.Unfold(0, func(ctx context.Context, s int) (int, int, error) {
			if s < 3 {
				return s, s + 1, nil
			}
			<-ctx.Done()
			return 0, 0, ctx.Err() // which is not the cause
		})
	}, []int{0, 1, 2}, flowtest.Endless())
	panicsTravel(t, func(_ ints, leave func()) ints {
		return flow.Unfold(0, func(_ context.Context, s int) (int, int, error) {
			leave()
			return 0, 0, io.EOF
		})
	})
}

func TestErrorOfUnfoldComesAfterItsValues(t *testing.T) {
	for _, err := range []error{errTest, fmt.Errorf("a wrapped %w is an error", io.EOF)} {
		values, got := flow.Collect(t.Context(), unfolding(2, err))
		require.Equal(t, []int{0, 1}, values)
		require.Equal(t, err, got)
	}
}

func TestUnfoldMakesNoValueBeforeItIsWanted(t *testing.T) {
	made := 0
	source := flow.Unfold(0, func(_ context.Context, s int) (int, int, error) {
		made++
		return s, s + 1, nil
	})
	_, err := flow.Collect(t.Context(), flow.Take(source, 2))
	require.NoError(t, err)
	require.Equal(t, 2, made)
}

// sourceAllocations returns how many more allocations a run over 10,000 values makes than one over 10.
func sourceAllocations(s ints) float64 {
	return allocations(func(in ints) ints { // in says how many
		n, _ := flow.Fold(0, func(n, _ int) int { return n + 1 }).Run(context.Background(), in)
		return flow.Take(s, n)
	})
}

func TestSourcesAllocateNothingPerValue(t *testing.T) {
	for name, source := range map[string]ints{
		"Unfold": unfolding(-1, nil),
		"UnfoldResource": flow.UnfoldResource(
			func(context.Context) (int, error) { return 1, nil },
			func(_ context.Context, v int) (int, error) { return v, nil },
			func(int) error { return nil },
		),
		"Repeat": flow.Repeat(1),
		"Cycle":  flow.Cycle(unfolding(20_000, io.EOF)),
	} {
		require.Zero(t, sourceAllocations(source), name)
	}
}

func BenchmarkUnfold(b *testing.B) {
	benchmark(b, func(ints) ints { return flow.Take(unfolding(-1, nil), b.N) })
}
