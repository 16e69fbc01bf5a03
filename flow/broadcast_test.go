package flow_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
)

func ExampleBroadcast() {
	numbers := flow.Of(1, 2, 3)
	both := flow.Broadcast(numbers,
		func(in flow.Source[int]) flow.Source[string] {
			return flow.Map(in, func(v int) string { return fmt.Sprint("saw ", v) })
		},
		func(in flow.Source[int]) flow.Source[string] {
			return flow.Map(flow.Filter(in, func(v int) bool { return v%2 == 0 }), func(v int) string { return fmt.Sprint(v, " is even") })
		},
	)
	fmt.Println(flow.Collect(context.Background(), both))
	// Output: [saw 1 saw 2 2 is even saw 3] <nil>
}

func broadcastTo(flows ...flow.Flow[int, int]) flow.Flow[int, int] {
	return func(in ints) ints { return flow.Broadcast(in, flows...) }
}

func TestBroadcastKeepsTheLaws(t *testing.T) {
	in := []int{1, 2, 3}
	thousand := func(in ints) ints { return flow.Map(in, func(v int) int { return 1000 * v }) }
	for _, test := range []struct {
		name  string
		flows []flow.Flow[int, int]
		want  []int
		opts  []flowtest.Option
	}{
		{"no flow", nil, nil, nil},
		{"one flow", []flow.Flow[int, int]{through[int]}, in, nil},
		{"one flow with a goroutine", []flow.Flow[int, int]{flow.Async[int]}, in, nil},
		{"synchronous flows", []flow.Flow[int, int]{through[int], thousand}, []int{1, 1000, 2, 2000, 3, 3000}, nil},
		{"a flow with goroutines", []flow.Flow[int, int]{mapAsync[int](2), thousand}, []int{1, 2, 3, 1000, 2000, 3000}, []flowtest.Option{flowtest.Unordered()}},
		{"all with goroutines", []flow.Flow[int, int]{flow.Async[int], flow.Flow[int, int](func(in ints) ints { return thousand(flow.Async(in)) })}, []int{1, 2, 3, 1000, 2000, 3000}, []flowtest.Option{flowtest.Unordered()}},
		{"a flow that stops", []flow.Flow[int, int]{taking(1), thousand}, []int{1, 1000, 2000, 3000}, []flowtest.Option{flowtest.Unordered()}},
		{"all stop", []flow.Flow[int, int]{taking(1), func(in ints) ints { return thousand(taking(2)(in)) }}, []int{1, 1000, 2000}, []flowtest.Option{flowtest.Unordered()}},
		{"a flow that starts late", []flow.Flow[int, int]{starting(7), thousand}, []int{7, 1, 1000, 2, 2000, 3, 3000}, []flowtest.Option{flowtest.Unordered()}},
		{"a flow that starts later", []flow.Flow[int, int]{func(in ints) ints { return flow.Concat(flow.Async(flow.Of(7)), in) }, thousand}, []int{7, 1, 1000, 2, 2000, 3, 3000}, []flowtest.Option{flowtest.Unordered()}},
		{"a flow that does not start its input", []flow.Flow[int, int]{ignoring(7, 8), thousand}, []int{7, 8, 1000, 2000, 3000}, nil},
		{"a flow that ends later without", []flow.Flow[int, int]{thousand, func(ints) ints { return flow.Async(flow.Of(7)) }}, []int{7, 1000, 2000, 3000}, []flowtest.Option{flowtest.Unordered()}},
		{"a flow that goes on", []flow.Flow[int, int]{func(in ints) ints { return flow.Concat(taking(1)(in), flow.Of(8)) }, thousand}, []int{1, 8, 1000, 2000, 3000}, []flowtest.Option{flowtest.Unordered()}},
		{"a flow that stops behind a goroutine", []flow.Flow[int, int]{func(in ints) ints { return flow.Take(flow.Async(in), 1) }, thousand}, []int{1, 1000, 2000, 3000}, []flowtest.Option{flowtest.Unordered()}},
		{"a loop", []flow.Flow[int, int]{func(in ints) ints { return flow.FromFunc(in.Run) }, thousand}, []int{1, 2, 3, 1000, 2000, 3000}, []flowtest.Option{flowtest.Unordered()}},
		{"a Broadcast", []flow.Flow[int, int]{broadcastTo(through[int], starting(7)), thousand}, []int{7, 1, 1, 2, 2, 3, 3, 1000, 2000, 3000}, []flowtest.Option{flowtest.Unordered()}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			keepsTheLaws(t, broadcastTo(test.flows...), in, test.want, test.opts...)
		})
	}
	held := flow.Flow[*flowHeld, *flowHeld](through[*flowHeld])
	holds(t, func(in flow.Source[*flowHeld]) flow.Source[*flowHeld] { return flow.Broadcast(in, held, held) })
	holds(t, func(in flow.Source[*flowHeld]) flow.Source[*flowHeld] {
		return flow.Broadcast(in, held, flow.Async[*flowHeld])
	})
}

func TestPanicInAFlowOfBroadcastTravels(t *testing.T) {
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.Broadcast(in, through[int], func(in ints) ints {
			return flow.Map(in, func(v int) int {
				leave()
				return v
			})
		})
	})
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.Broadcast(in, through[int], func(in ints) ints {
			return flow.MapAsync(in, 2, func(_ context.Context, v int) (int, error) {
				leave()
				return v, nil
			})
		})
	})
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.Broadcast(in, flow.Async[int], func(in ints) ints {
			return flow.Concat(flow.Map(flow.Of(1), func(v int) int {
				leave()
				return v
			}), in)
		}, through[int])
	})
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.Broadcast(in, through[int], func(in ints) ints {
			return flow.NewSource("panics after it has started its input", func(ctx context.Context, emit func(int) error, end func(error)) {
				flow.Operator("", in, func(_ context.Context, _ func(int) error, _ func(error)) (func(int) error, func(error)) {
					leave()
					return emit, end
				}).Start(ctx, emit, end)
			})
		})
	})
}

func TestTheSlowestFlowPacesBroadcast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		slow := func(in ints) ints { return flow.TryMap(in, lasting) }
		var last time.Duration
		quick := func(in ints) ints {
			return flow.Map(in, func(v int) int {
				last = time.Since(start)
				return v
			})
		}
		_, err := flow.Collect(t.Context(), flow.Broadcast(flow.Of(1, 2, 3), quick, slow))
		require.NoError(t, err)
		require.Equal(t, 3*time.Second, last)
		require.Equal(t, 6*time.Second, time.Since(start))
	})
}

func TestBroadcastStopsItsInputWhenNoFlowTakesAnyMore(t *testing.T) {
	silent := flow.Concat(flow.Of(1, 2), flow.Never[int]())
	synctest.Test(t, func(t *testing.T) {
		for _, async := range []flow.Flow[int, int]{through[int], flow.Async[int]} {
			values, err := flow.Collect(t.Context(), flow.Broadcast(silent, func(in ints) ints { return flow.Take(async(in), 1) }, func(in ints) ints { return flow.Take(async(in), 2) }))
			require.NoError(t, err)
			slices.Sort(values)
			require.Equal(t, []int{1, 1, 2}, values)
		}
		_, err := flow.Collect(t.Context(), flow.Broadcast(flow.Never[int](), ignoring(1), ignoring(2)))
		require.NoError(t, err)
	})
}

func TestFlowThatFailsEndsBroadcast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		silent := flow.Concat(flow.Of(1, 2), flow.Never[int]())
		failing := func(in ints) ints { return flow.Concat(flow.Take(in, 1), flow.Fail[int](errTest)) }
		_, err := flow.Collect(t.Context(), flow.Broadcast(silent, through[int], failing, flow.Async[int]))
		require.Equal(t, errTest, err)
		_, err = flow.Collect(t.Context(), flow.Broadcast(silent, through[int], func(ints) ints { return flow.Fail[int](errTest) }))
		require.Equal(t, errTest, err)
	})
}

func TestAFlowThatGoesOnDoesNotKeepTheOthersWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		goesOn := func(in ints) ints { return flow.Concat(flow.Take(in, 1), flow.Never[int]()) }
		endsLate := func(in ints) ints { return flow.Concat(in, flow.Never[int]()) }
		late := func(in ints) ints { return flow.Concat(flow.Filter(in, even), flow.Of(9)) }
		seen := 0
		err := flow.Broadcast(flow.Of(1, 2, 3), goesOn, endsLate, late).Run(t.Context(), func(v int) error {
			if seen++; v == 9 {
				return errTest
			}
			return nil
		})
		require.Equal(t, errTest, err)
		require.Equal(t, 1+3+1+1, seen)
	})
}

func TestBroadcastWaitsForFlowsThatStartLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		late := func(in ints) ints { return flow.Concat(after(time.Second, flow.Of(7)), in) }
		err := flow.Broadcast(flow.Of(1), through[int], late).Run(t.Context(), func(int) error {
			require.Equal(t, time.Second, time.Since(start))
			return nil
		})
		require.NoError(t, err)
	})
}

func TestInputOfAFlowInBroadcastIsOneShot(t *testing.T) {
	twice := func(in ints) ints { return flow.Concat(in, in) }
	_, err := flow.Collect(t.Context(), flow.Broadcast(flow.Of(1), twice))
	require.Equal(t, flow.ErrConsumed, err)
}

func TestInputOfAFlowNeedsItsContext(t *testing.T) {
	lost := func(in ints) ints {
		return flow.FromFunc(func(_ context.Context, emit func(int) error) error { return in.Run(context.Background(), emit) })
	}
	_, err := flow.Collect(t.Context(), flow.Broadcast(flow.Of(1), lost))
	require.ErrorContains(t, err, "without the context")
}

func TestFlowWithAContextOfItsOwnCanCancelItsInput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		brief := func(in ints) ints {
			return flow.FromFunc(func(ctx context.Context, emit func(int) error) error {
				ctx, cancel := context.WithTimeoutCause(ctx, time.Second, errTest)
				defer cancel()
				if err := in.Run(ctx, emit); err != errTest {
					return err
				}
				return emit(9)
			})
		}
		values, err := flow.Collect(t.Context(), flow.Broadcast(flow.Concat(flow.Of(1), after(2*time.Second, flow.Of(2))), through[int], brief))
		require.NoError(t, err)
		require.ElementsMatch(t, []int{1, 1, 9, 2}, values)
	})
}

func TestBroadcastDescribesItsFlows(t *testing.T) {
	source := flow.Broadcast(flow.Of(1), mapped, taking(1))
	require.Equal(t, "Broadcast\n  Map\n    Of\n  Take\n    Of\n", flow.Describe(source).String())
}

func TestFanOutAllocatesNothingPerValue(t *testing.T) {
	for name, f := range map[string]flow.Flow[int, int]{
		"Broadcast": broadcastTo(mapped, mapped),
		"Partition": func(in ints) ints {
			return flow.Partition(in, func(v int) int { return v % 2 }, through[int], through[int])
		},
		"AlsoTo":   func(in ints) ints { return flow.AlsoTo(in, flow.Ignore[int]()) },
		"DivertTo": func(in ints) ints { return flow.DivertTo(in, flow.Ignore[int](), even) },
		"UnzipWith": func(in ints) ints {
			return flow.UnzipWith(in, func(v int) (int, int) { return v, v }, through[int], through[int])
		},
		"WireTap": func(in ints) ints { return flow.WireTap(in, flow.Ignore[int]()) },
		"Balance": func(in ints) ints { return flow.Balance(in, through[int], through[int]) },
	} {
		require.LessOrEqual(t, allocations(f), 100.0, name)
	}
}

func BenchmarkBroadcast(b *testing.B) {
	b.Run("two synchronous flows", func(b *testing.B) { benchmark(b, broadcastTo(mapped, mapped)) })
	b.Run("two flows with goroutines", func(b *testing.B) { benchmark(b, broadcastTo(flow.Async[int], flow.Async[int])) })
	b.Run("channels", func(b *testing.B) {
		branches, out := []chan int{make(chan int), make(chan int)}, make(chan int)
		go func() {
			for v := range b.N {
				for _, c := range branches {
					c <- v
				}
			}
			for _, c := range branches {
				close(c)
			}
		}()
		drainMerged(branches, out)
	})
}

func TestSynchronousFlowsInBroadcastRunWhereTheInputDoes(t *testing.T) {
	goroutine := func() string {
		var buf [64]byte
		return strings.Fields(string(buf[:runtime.Stack(buf[:], false)]))[1]
	}
	var before string
	in := flow.Map(flow.Of(1, 2, 3), func(v int) int {
		before = goroutine()
		return v
	})
	err := flow.Broadcast(in, through[int], mapped).Run(t.Context(), func(int) error {
		require.Equal(t, before, goroutine())
		return nil
	})
	require.NoError(t, err)
}

func TestErrorOfTheInputDoesNotOvertakeValuesInTheFlowsOfBroadcast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := flow.Concat(flow.Of(1, 2), flow.Fail[int](errTest))
		values, err := flow.Collect(t.Context(), flow.Broadcast(in, through[int], mapAsync[int](1)))
		require.Equal(t, errTest, err)
		require.ElementsMatch(t, []int{1, 1, 2, 2}, values)

		// But a flow that fails on its own ends all of them.
		_, err = flow.Collect(t.Context(), flow.Broadcast(in, func(in ints) ints {
			return flow.OrElse(flow.Filter(in, func(int) bool { return false }), flow.Never[int]())
		}, func(in ints) ints { return flow.Concat(flow.Take(in, 2), after(time.Second, flow.Fail[int](errTest))) }))
		require.Equal(t, errTest, err)
	})
}
