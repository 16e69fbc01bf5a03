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

func ExampleSwitchMap() {
	prices := func(symbol string) flow.Source[string] { // of a feed that goes on and on, say
		return flow.Of(symbol+" 17", symbol+" 18")
	}
	subscribe := flow.Of("ABC") // what the client sends; its next request ends the prices of this one
	fmt.Println(flow.Collect(context.Background(), flow.SwitchMap(subscribe, prices)))
	// Output: [ABC 17 ABC 18] <nil>
}

func TestSwitchMapKeepsTheLaws(t *testing.T) {
	for name, f := range nestedShapes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			keepsTheLaws(t, func(in ints) ints {
				return flow.SwitchMap(in, f)
			}, []int{1, 2, 3}, []int{1, 10, 2, 20, 3, 30}, flowtest.Lossy())
			keepsTheLaws(t, func(in ints) ints {
				return flow.SwitchMap(flow.Take(in, 1), f)
			}, []int{1, 2}, []int{1, 10}, flowtest.Except(flowtest.Failure))
		})
	}
	keepsTheLaws(t, func(in ints) ints {
		return flow.SwitchMap(in, func(int) ints { return flow.SwitchMap(flow.Of(7), func(int) ints { return flow.Of(7) }) })
	}, []int{1, 2, 3}, []int{7, 7, 7}, flowtest.Lossy())
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.SwitchMap(in, func(v int) ints {
			leave()
			return flow.Of(v)
		})
	})
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.SwitchMap(flow.Take(in, 1), func(v int) ints { return leaving(leave)(flow.Of(v)) })
	})
}

func TestSwitchMapEmitsOfTheNewestSourceOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := spaced(flow.Of(1, 2, 3), 2500*time.Millisecond)
		values, err := flow.Collect(t.Context(), flow.Take(flow.SwitchMap(in, every), 7))
		require.NoError(t, err)
		require.Equal(t, []int{1, 1, 2, 2, 3, 3, 3}, values)
	})
}

func TestSwitchMapWaitsForTheEndOfTheSourceBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var begun []time.Duration
		var cause error
		values, err := flow.Collect(t.Context(), flow.SwitchMap(flow.Of(1, 2), func(v int) ints {
			begun = append(begun, time.Since(start))
			if v == 2 {
				return flow.Of(v)
			}
			return flow.FromFunc(func(ctx context.Context, emit func(int) error) error {
				<-ctx.Done()
				cause = context.Cause(ctx)
				time.Sleep(time.Second) // it takes a while to end
				_ = emit(1)             // and is stubborn
				return errTest
			})
		}))
		require.NoError(t, err)
		require.Equal(t, []int{2}, values)
		require.Equal(t, []time.Duration{0, time.Second}, begun)
		require.ErrorContains(t, cause, "newer value")
	})
}

func TestSwitchMapFailsWithTheSourceAtWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := flow.Concat(flow.Of(1), flow.Never[int]())
		_, err := flow.Collect(t.Context(), flow.SwitchMap(in, func(int) ints { return flow.Fail[int](errTest) }))
		require.Equal(t, errTest, err)
		failing := flow.Concat(flow.Of(1), spaced(flow.Of(1), time.Second), flow.Fail[int](errTest))
		_, err = flow.Collect(t.Context(), flow.SwitchMap(failing, func(int) ints { return flow.Never[int]() }))
		require.Equal(t, errTest, err)
	})
}

func TestPanicOfASourceThatWasSwitchedAwayIsNotLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		require.Panics(t, func() {
			_, _ = flow.Collect(t.Context(), flow.SwitchMap(spaced(flow.Of(1, 2), time.Second), func(v int) ints {
				if v == 2 {
					return flow.Empty[int]()
				}
				return flow.FromFunc(func(ctx context.Context, _ func(int) error) error {
					<-ctx.Done()
					panic("oops")
				})
			}))
		})
	})
}

func BenchmarkSwitchMap(b *testing.B) {
	one := flow.Of(1)
	b.Run("value", func(b *testing.B) {
		benchmark(b, func(in ints) ints { return flow.SwitchMap(flow.Of(1), func(int) ints { return in }) })
	})
	b.Run("source", func(b *testing.B) {
		benchmark(b, func(in ints) ints { return flow.SwitchMap(in, func(int) ints { return one }) })
	})
}
