package flow_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
)

func ExampleCoupled() {
	prices := func(symbol string) flow.Source[string] {
		return flow.Concat(flow.Of(symbol+" 1", symbol+" 2"), flow.Never[string]()) // until something else is watched
	}
	watch := flow.Coupled(func(in flow.Source[string]) flow.Source[string] { return flow.SwitchMap(in, prices) })
	viewer := flow.Concat(flow.Of("A"), flow.InitialDelay(flow.Empty[string](), time.Millisecond))
	fmt.Println(flow.Collect(context.Background(), watch(flow.Concat(viewer, flow.TakeWithin(flow.Never[string](), 50*time.Millisecond)))))
	// Output: [A 1 A 2] <nil>
}

func TestCoupledKeepsTheLaws(t *testing.T) {
	for _, f := range []flow.Flow[int, int]{func(in ints) ints { return in }, mapped, func(in ints) ints { return flow.Take(in, 2) }} {
		want, err := flow.Collect(t.Context(), f(flow.Of(1, 2, 3)))
		require.NoError(t, err)
		keepsTheLaws(t, flow.Coupled(f), []int{1, 2, 3}, want)
	}
	for _, f := range []flow.Flow[int, int]{flow.Async[int], mapAsync[int](2), func(in ints) ints { return flow.Merge(in) }} {
		keepsTheLaws(t, flow.Coupled(f), []int{1, 2, 3}, []int{1, 2, 3}, flowtest.Lossy())
	}
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.Coupled(func(in ints) ints {
			return flow.Map(in, func(v int) int {
				leave()
				return v
			})
		})(in)
	})
	holds(t, flow.Coupled(flow.Async[*flowHeld]))
}

// forEver goes on with each value until it is switched away from.
func forEver(in ints) ints {
	return flow.SwitchMap(in, func(v int) ints {
		return flow.Map(flow.Tick(time.Second), func(time.Time) int { return v })
	})
}

func TestCoupledFlowEndsAtOnceWithItsInput(t *testing.T) {
	for name, end := range map[string]error{"complete": nil, "failed": errTest} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				in := flow.FromFunc(func(_ context.Context, emit func(int) error) error {
					for v := range 2 {
						if err := emit(v); err != nil {
							return err
						}
						time.Sleep(2500 * time.Millisecond)
					}
					return end
				})
				values, err := flow.Collect(t.Context(), flow.Coupled(forEver)(in))
				require.Equal(t, end, err)
				require.Equal(t, []int{0, 0, 1, 1}, values)
				require.Equal(t, 5*time.Second, time.Since(start))
			})
		})
	}
}

func TestCoupledFlowMayEndFirst(t *testing.T) {
	in := flow.Concat(flow.Of(1, 2, 3), flow.Never[int]())
	for name, f := range map[string]flow.Flow[int, int]{
		"stopping its input":   func(in ints) ints { return flow.Take(in, 2) },
		"cancelling its input": func(in ints) ints { return flow.Take(flow.Async(in), 2) },
		"then going on":        func(in ints) ints { return flow.Concat(flow.Take(in, 1), flow.Of(2)) },
	} {
		values, err := flow.Collect(t.Context(), flow.Coupled(f)(in))
		require.NoError(t, err, name)
		require.Equal(t, []int{1, 2}, values, name)
	}
	_, err := flow.Collect(t.Context(), flow.Coupled(func(ints) ints { return flow.Fail[int](errTest) })(in))
	require.Equal(t, errTest, err)
}

func TestErrorOfWhatFollowsGoesBeforeTheEndOfTheInput(t *testing.T) {
	stop := errors.New("stop")
	err := flow.Coupled(mapped)(flow.Of(1)).Run(t.Context(), func(int) error { return stop })
	require.Equal(t, stop, err)
}

func TestCoupledFlowsInsideEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := flow.Concat(flow.Of(1), flow.TakeWithin(flow.Never[int](), 1500*time.Millisecond))
		inner := flow.Coupled(forEver)
		values, err := flow.Collect(t.Context(), flow.Coupled(func(in ints) ints { return inner(inner(in)) })(in))
		require.NoError(t, err)
		require.LessOrEqual(t, len(values), 1)
	})
}

func BenchmarkCoupled(b *testing.B) { benchmark(b, flow.Coupled(mapped)) }
