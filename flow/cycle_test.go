package flow_test

import (
	"context"
	"fmt"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
)

func ExampleCycle() {
	fmt.Println(flow.Collect(context.Background(), flow.Take(flow.Cycle(flow.Of("tick", "tock")), 5)))
	// Output: [tick tock tick tock tick] <nil>
}

func TestCycleKeepsTheLaws(t *testing.T) {
	for name, inner := range map[string]flow.Flow[int, int]{
		"Drop": func(in ints) ints { return flow.Drop(in, 0) }, "Async": flow.Async[int],
	} {
		t.Run(name, func(t *testing.T) {
			keepsTheLaws(t, func(in ints) ints { return flow.Take(flow.Cycle(inner(in)), 5) }, []int{1, 2}, []int{1, 2, 1, 2, 1})
			sourceKeepsTheLaws(t, func() ints { return flow.Cycle(inner(flow.Of(1, 2))) }, []int{1, 2, 1, 2, 1}, flowtest.Endless())
		})
	}
}

func TestCycleOfNothingFails(t *testing.T) {
	for _, in := range []ints{{}, flow.Of[int](), flow.Async(flow.Empty[int]())} {
		values, err := flow.Collect(t.Context(), flow.Cycle(in))
		require.Equal(t, flow.ErrEmpty, err)
		require.Empty(t, values)
	}
	runs := 0
	drying := flow.Cycle(flow.Lazy(func(context.Context) (ints, error) {
		if runs++; runs > 2 {
			return flow.Empty[int](), nil
		}
		return flow.Of(runs), nil
	}))
	values, err := flow.Collect(t.Context(), drying)
	require.Equal(t, flow.ErrEmpty, err)
	require.Equal(t, []int{1, 2}, values)
}

func TestCycleFailsWithItsInput(t *testing.T) {
	values, err := flow.Collect(t.Context(), flow.Cycle(flow.Concat(flow.Of(1), flow.Fail[int](errTest))))
	require.Equal(t, errTest, err)
	require.Equal(t, []int{1}, values)

	c := make(chan int, 1)
	c <- 1
	close(c)
	values, err = flow.Collect(t.Context(), flow.Cycle(flow.FromChan(c)))
	require.Equal(t, flow.ErrConsumed, err)
	require.Equal(t, []int{1}, values)
}

func TestPanicInALaterRunOfCycleEndsTheStream(t *testing.T) {
	for _, leave := range []func(){exit, func() { panic("oops") }} {
		require.NoError(t, flowtest.TestPanic(func(in ints) ints {
			n := 0
			return flow.Cycle(flow.Map(in, func(v int) int {
				if n++; n == 5 {
					leave()
				}
				return v
			}))
		}, []int{1, 2}))
	}
}

func TestManyRunsOfACycleCostNoStack(t *testing.T) {
	defer debug.SetMaxStack(debug.SetMaxStack(1 << 20))
	for name, in := range map[string]ints{"started inside": flow.Of(1), "started later": flow.FromFunc(flow.Of(1).Run)} {
		_, err := flow.Ignore[int]().Run(t.Context(), flow.Take(flow.Cycle(in), 100_000))
		require.NoError(t, err, name)
	}
}

func BenchmarkCycle(b *testing.B) {
	benchmark(b, func(ints) ints { return flow.Take(flow.Cycle(flow.FromSeq(upTo(1000))), b.N) })
}
