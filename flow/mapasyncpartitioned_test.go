package flow_test

import (
	"context"
	"fmt"
	"math"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
)

func ExampleMapAsyncPartitioned() {
	type payment struct {
		account string
		amount  int
	}
	balances := map[string]*int{"ann": new(int), "bob": new(int)}
	payments := flow.Of(payment{"ann", 5}, payment{"ann", -2}, payment{"bob", 1})
	account := func(p payment) string { return p.account }
	booked := flow.MapAsyncPartitioned(payments, 8, account, func(_ context.Context, account string, p payment) (int, error) {
		*balances[account] += p.amount // no other call for this account is at work
		return *balances[account], nil
	})
	fmt.Println(flow.Collect(context.Background(), booked))
	// Output: [5 3 1] <nil>
}

// keyed makes f a function for the partitioned operators.
func keyed[I, O any](f func(context.Context, I) (O, error)) func(context.Context, int, I) (O, error) {
	return func(ctx context.Context, _ int, v I) (O, error) { return f(ctx, v) }
}

type partitioned func(in ints, parallelism int, key func(int) int, f func(context.Context, int, int) (int, error)) ints

var partitionings = map[string]partitioned{
	"ordered":   flow.MapAsyncPartitioned[int, int, int],
	"unordered": flow.MapAsyncPartitionedUnordered[int, int, int],
}

func TestMapAsyncPartitionedKeepsTheLaws(t *testing.T) {
	parity := func(v int) int { return v % 2 }
	for name, partitioned := range partitionings {
		var opts []flowtest.Option
		if name == "unordered" {
			opts = append(opts, flowtest.Unordered())
		}
		for _, parallelism := range []int{1, 3} {
			t.Run(fmt.Sprint(name, parallelism), func(t *testing.T) {
				t.Parallel()
				keepsTheLaws(t, func(in ints) ints {
					return partitioned(in, parallelism, parity, keyed(tenfold))
				}, []int{1, 2, 3, 4}, []int{10, 20, 30, 40}, opts...)
				panicsTravel(t, func(in ints, leave func()) ints {
					return partitioned(in, parallelism, parity, func(context.Context, int, int) (int, error) {
						leave()
						return 0, nil
					})
				})
				panicsTravel(t, func(in ints, leave func()) ints {
					return partitioned(in, parallelism, func(int) int {
						leave()
						return 0
					}, keyed(tenfold))
				})
			})
		}
	}
	same := func(_ context.Context, _ int, v *flowHeld) (*flowHeld, error) { return v, nil }
	key := func(v *flowHeld) int { return v.N % 2 }
	holds(t, func(in flow.Source[*flowHeld]) flow.Source[*flowHeld] {
		return flow.MapAsyncPartitioned(in, 2, key, same)
	})
	holds(t, func(in flow.Source[*flowHeld]) flow.Source[*flowHeld] {
		return flow.MapAsyncPartitionedUnordered(in, 2, key, same)
	})
}

// The tens of a value are its key, the rest how many seconds it takes.
func TestResultsOfAPartitionAreInOrder(t *testing.T) {
	tens := func(v int) int { return v / 10 }
	rest := func(ctx context.Context, _, v int) (int, error) {
		_, err := lasting(ctx, v%10)
		return v, err
	}
	for name, want := range map[string][]int{
		"ordered":   {14, 11, 21, 22},
		"unordered": {21, 22, 14, 11},
	} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			values, err := flow.Collect(t.Context(), partitionings[name](flow.Of(14, 11, 21, 22), 2, tens, rest))
			require.NoError(t, err)
			require.Equal(t, want, values)
			require.Equal(t, 5*time.Second, time.Since(start))
		})
	}
}

func TestOneCallAtATimeForEachKey(t *testing.T) {
	const keys, values = 7, 7000
	for name, partitioned := range partitionings {
		for _, parallelism := range []int{1, 4, 64} {
			t.Run(fmt.Sprint(name, parallelism), func(t *testing.T) {
				t.Parallel()
				var busy [keys]atomic.Bool
				var last [keys]int
				var all atomic.Int32
				f := func(_ context.Context, key, v int) (int, error) {
					if !busy[key].CompareAndSwap(false, true) || last[key] > v || all.Add(1) > int32(parallelism) {
						return 0, errTest
					}
					last[key] = v
					all.Add(-1)
					busy[key].Store(false)
					return v, nil
				}
				in := flow.FromSeq(upTo(values))
				got, err := flow.Collect(t.Context(), partitioned(in, parallelism, func(v int) int { return v % keys }, f))
				require.NoError(t, err)
				require.Len(t, got, values)
				var next [keys]int
				for i, v := range got {
					if name == "ordered" {
						require.Equal(t, i, v)
					}
					require.Equal(t, next[v%keys]*keys+v%keys, v)
					next[v%keys]++
				}
			})
		}
	}
}

// A value that waits for its key is not overtaken by so many others that they have all the room.
func TestBusyKeyDoesNotStopTheStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := flow.Map(flow.FromSeq(upTo(100)), func(v int) int { return v % 10 })
		values, err := flow.Collect(t.Context(), flow.MapAsyncPartitioned(in, 4, func(v int) int { return v / 8 }, keyed(lasting)))
		require.NoError(t, err)
		require.Len(t, values, 100)
	})
}

func TestKeysThatAreNotEqualToThemselves(t *testing.T) {
	nan := func(int) float64 { return math.NaN() }
	f := func(_ context.Context, _ float64, v int) (int, error) { return v, nil }
	values, err := flow.Collect(t.Context(), flow.MapAsyncPartitioned(flow.Of(1, 2, 3), 2, nan, f))
	require.NoError(t, err)
	require.Equal(t, []int{1, 2, 3}, values)
}

func TestKeysThatCannotBeComparedPanic(t *testing.T) {
	require.NoError(t, flowtest.TestPanic(func(in ints) ints {
		f := func(_ context.Context, _ any, v int) (int, error) { return v, nil }
		return flow.MapAsyncPartitioned(in, 2, func(int) any { return []int{} }, f)
	}, []int{1, 2}))
}

func TestMapAsyncPartitionedNeedsParallelismAndKeys(t *testing.T) {
	for _, partitioned := range partitionings {
		require.Panics(t, func() { partitioned(flow.Of(1), 0, func(int) int { return 0 }, keyed(tenfold)) })
		require.Panics(t, func() { partitioned(flow.Of(1), 1, nil, keyed(tenfold)) })
	}
}

func BenchmarkMapAsyncPartitioned(b *testing.B) {
	for name, partitioned := range partitionings {
		b.Run(name, func(b *testing.B) {
			benchmark(b, func(in ints) ints {
				return partitioned(in, 16, func(v int) int { return v % 1000 }, keyed(tenfold))
			})
		})
	}
}

func ExampleMapAsyncPartitionedUnordered() {
	events := flow.Of("a1", "b1", "a2")
	player := func(event string) byte { return event[0] }
	seen := flow.MapAsyncPartitionedUnordered(events, 8, player, func(_ context.Context, player byte, event string) (int, error) {
		return len(event), nil // those of one player one after the other, those of different players at the same time
	})
	fmt.Println(flow.Fold(0, func(sum, n int) int { return sum + n }).Run(context.Background(), seen))
	// Output: 6 <nil>
}
