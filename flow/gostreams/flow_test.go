package gostreams_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reugn/go-streams"
	"github.com/reugn/go-streams/extension"
	gsflow "github.com/reugn/go-streams/flow"
	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
	"github.com/wsflow/wsflow/flow/gostreams"
)

func ExampleFlow() {
	isOdd := func(v int) bool { return v%2 == 1 }
	tenfold := func(v int) string { return fmt.Sprint(10 * v) }
	chain := gostreams.Flow[int, string](func(_ context.Context, in streams.Source) streams.Flow {
		return in.Via(gsflow.NewFilter(isOdd, 1)).Via(gsflow.NewMap(tenfold, 1))
	})
	fmt.Println(flow.Collect(context.Background(), chain(flow.Of(1, 2, 3))))
	// Output: [10 30] <nil>
}

var chains = []struct {
	name  string
	build builder
	in    []int
	want  []int
	opts  []flowtest.Option
}{
	{"Map", mapped, []int{1, 2, 3}, []int{10, 20, 30}, nil},
	{"Map of nothing", mapped, nil, nil, nil},
	{"Map on four goroutines", func(_ context.Context, in streams.Source) streams.Flow {
		return in.Via(gsflow.NewMap(tenfold, 4))
	}, []int{1, 2, 3}, []int{10, 20, 30}, []flowtest.Option{flowtest.Unordered()}},
	{"PassThrough", func(_ context.Context, in streams.Source) streams.Flow {
		return in.Via(gsflow.NewPassThrough())
	}, []int{1, 2, 3}, []int{1, 2, 3}, nil},
	{"Filter after Map", func(_ context.Context, in streams.Source) streams.Flow {
		return in.Via(gsflow.NewMap(tenfold, 1)).Via(gsflow.NewFilter(func(v int) bool { return v != 20 }, 1))
	}, []int{1, 2, 3}, []int{10, 30}, nil},
	{"FlatMap", func(_ context.Context, in streams.Source) streams.Flow {
		return in.Via(gsflow.NewFlatMap(func(v int) []int { return []int{v, tenfold(v)} }, 1))
	}, []int{1, 2}, []int{1, 10, 2, 20}, nil},
	{"Fold", func(_ context.Context, in streams.Source) streams.Flow {
		return in.Via(gsflow.NewFold(0, func(v, sum int) int { return sum + v }))
	}, []int{1, 2, 3}, []int{1, 3, 6}, nil},
	{"Batch and Flatten", func(_ context.Context, in streams.Source) streams.Flow {
		return in.Via(gsflow.NewBatch[int](2, time.Hour)).Via(gsflow.Flatten[int](1))
	}, []int{1, 2, 3}, []int{1, 2, 3}, nil},
	{"Split and Merge", func(_ context.Context, in streams.Source) streams.Flow {
		odds := gsflow.Split(in, odd)
		return gsflow.Merge(odds[0], odds[1].Via(gsflow.NewMap(tenfold, 1)))
	}, []int{1, 2, 3}, []int{1, 20, 3}, []flowtest.Option{flowtest.Unordered()}},
	{"FanOut and Merge", func(_ context.Context, in streams.Source) streams.Flow {
		return gsflow.Merge(gsflow.FanOut(in, 2)...)
	}, []int{1, 2}, []int{1, 1, 2, 2}, []flowtest.Option{flowtest.Unordered()}},
	{"FanOut and ZipWith", func(_ context.Context, in streams.Source) streams.Flow {
		both := gsflow.FanOut(in, 2)
		return gsflow.ZipWith(func(vs []int) int { return vs[0] + vs[1] }, both[0], both[1].Via(gsflow.NewMap(tenfold, 1)))
	}, []int{1, 2, 3}, []int{11, 22, 33}, nil},
	{"RoundRobin and Merge", func(_ context.Context, in streams.Source) streams.Flow {
		return gsflow.Merge(gsflow.RoundRobin(in, 2)...)
	}, []int{1, 2, 3}, []int{1, 2, 3}, []flowtest.Option{flowtest.Unordered()}},
	{"Keyed", func(_ context.Context, in streams.Source) streams.Flow {
		return in.Via(gsflow.NewKeyed(odd, func() streams.Flow { return gsflow.NewMap(tenfold, 1) }))
	}, []int{1, 2, 3}, []int{10, 20, 30}, []flowtest.Option{flowtest.Unordered()}},
	{"a source of theirs merged in", func(ctx context.Context, in streams.Source) streams.Flow {
		return gsflow.Merge(in.Via(gsflow.NewPassThrough()), giving(ctx, 7, 8).Via(gsflow.NewPassThrough()))
	}, []int{1, 2}, []int{1, 2, 7, 8}, []flowtest.Option{flowtest.Unordered()}},
	{"a flow of ours inside", func(ctx context.Context, in streams.Source) streams.Flow {
		return in.Via(gsflow.NewMap(tenfold, 1)).Via(gostreams.AsFlow(ctx, func(in ints) ints { return flow.Drop(in, 1) }))
	}, []int{1, 2, 3}, []int{20, 30}, nil},
	{"a flow of ours that ends early", func(ctx context.Context, in streams.Source) streams.Flow {
		return in.Via(gsflow.NewMap(tenfold, 1)).
			Via(gostreams.AsFlow(ctx, func(in ints) ints { return flow.Take(in, 1) })).
			Via(gsflow.NewPassThrough())
	}, []int{1, 2, 3}, []int{10}, []flowtest.Option{flowtest.Lossy()}},
	{"a chain in a chain", func(ctx context.Context, in streams.Source) streams.Flow {
		return in.Via(gostreams.AsFlow(ctx, through(mapped)))
	}, []int{1, 2, 3}, []int{10, 20, 30}, nil},
}

func TestChainsKeepTheLaws(t *testing.T) {
	for _, chain := range chains {
		t.Run(chain.name, func(t *testing.T) {
			t.Parallel()
			keepsTheLaws(t, through(chain.build), chain.in, chain.want, chain.opts...)
		})
	}
}

func TestChainsBesideEachOtherKeepTheLaws(t *testing.T) {
	keepsTheLaws(t, func(in ints) ints { return flow.Concat(through(mapped)(in), through(mapped)(flow.Of(4))) }, []int{1, 2}, []int{10, 20, 40})
	keepsTheLaws(t, func(in ints) ints { return flow.Take(through(mapped)(in), 2) }, []int{1, 2, 3}, []int{10, 20})
}

func TestUpstreamErrorArrivesAfterWhatTheChainHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		batches := gostreams.Flow[int, []int](func(_ context.Context, in streams.Source) streams.Flow {
			return in.Via(gsflow.NewBatch[int](2, time.Hour))
		})
		got, err := flow.Collect(t.Context(), batches(flow.Concat(flow.Of(1, 2, 3), flow.Fail[int](errTest))))
		require.ErrorIs(t, err, errTest)
		require.Equal(t, [][]int{{1, 2}, {3}}, got)
	})
}

func TestBuildIsCalledOnceARun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runs := 0
		f := through(func(ctx context.Context, in streams.Source) streams.Flow {
			runs++
			return mapped(ctx, in)
		})(flow.Of(1))
		require.Zero(t, runs)
		for n := range 3 {
			require.Equal(t, n, runs)
			got, err := flow.Collect(t.Context(), f)
			require.NoError(t, err)
			require.Equal(t, []int{10}, got)
		}
	})
}

func TestBuildIsNotCalledForACancelledRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errTest)
		fails := func(context.Context, streams.Source) streams.Flow { panic("called") }
		_, err := flow.Collect(ctx, through(fails)(flow.Of(1)))
		require.ErrorIs(t, err, errTest)
	})
}

func TestBuildContextEndsWithTheRunAndNotBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var built context.Context
		f := through(func(ctx context.Context, in streams.Source) streams.Flow {
			built = ctx
			return mapped(ctx, in)
		})
		_, err := flow.Collect(t.Context(), flow.DoOnFirst(f(flow.Concat(flow.Of(1), flow.Fail[int](errTest))), func(int) {
			synctest.Wait()
			require.NoError(t, built.Err(), "the input has failed, but the chain is at work")
		}))
		require.ErrorIs(t, err, errTest)
		require.Error(t, built.Err())
	})
}

func TestPanicOfBuildEndsTheStreamAndWhatWasBuilt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		require.NoError(t, flowtest.TestPanic(through(func(_ context.Context, in streams.Source) streams.Flow {
			return in.Via(gsflow.NewMap(tenfold, 1)).Via(gsflow.NewMap(tenfold, 0))
		}), []int{1, 2}))
		require.NoError(t, flowtest.TestPanic(through(func(_ context.Context, in streams.Source) streams.Flow {
			in.Via(gsflow.NewPassThrough())
			exit()
			return nil
		}), []int{1, 2}))
		require.NoError(t, flowtest.TestPanic(through(func(context.Context, streams.Source) streams.Flow { return nil }), []int{1, 2}))
	})
}

func TestFailEndsTheStreamFromInsideTheChain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := through(func(ctx context.Context, in streams.Source) streams.Flow {
			return in.Via(gsflow.NewMap(func(v int) int {
				if v == 2 {
					gostreams.Fail(ctx, errTest)
					gostreams.Fail(ctx, errors.New("another"))
				}
				return v
			}, 1))
		})
		_, err := flow.Collect(t.Context(), f(flow.Concat(flow.Of(1, 2, 3), flow.Never[int]())))
		require.Equal(t, errTest, err)
	})
}

func TestFailOutsideOfARunPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		require.Panics(t, func() { gostreams.Fail(t.Context(), errTest) })
		f := through(func(ctx context.Context, in streams.Source) streams.Flow {
			gostreams.Fail(ctx, nil)
			return mapped(ctx, in)
		})
		require.Panics(t, func() { _, _ = flow.Collect(t.Context(), f(flow.Of(1))) })
	})
}

func TestErrorOfAFlowOfOursInsideFailsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := through(func(ctx context.Context, in streams.Source) streams.Flow {
			return in.Via(gostreams.AsFlow(ctx, func(in ints) ints {
				return flow.TryMap(in, func(_ context.Context, v int) (int, error) {
					if v == 3 {
						return 0, errTest
					}
					return v, nil
				})
			})).Via(gsflow.NewMap(tenfold, 1))
		})
		got, err := flow.Collect(t.Context(), f(flow.Of(1, 2, 3, 4)))
		require.Equal(t, errTest, err)
		require.Equal(t, []int{10, 20}, got)
	})
}

func TestPanicOfAFlowOfOursInsideIsThePanicOfTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		require.NoError(t, flowtest.TestPanic(through(func(ctx context.Context, in streams.Source) streams.Flow {
			return in.Via(gostreams.AsFlow(ctx, func(in ints) ints {
				return flow.Map(in, func(int) int { panic("oops") })
			})).Via(gsflow.NewPassThrough())
		}), []int{1, 2}))
	})
}

// A Split waits for ever once a value goes to a half that nobody reads.
func TestChainThatDoesNotEndIsLeftBehindOnlyByNameAndInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		build := func(_ context.Context, in streams.Source) streams.Flow {
			odds := gsflow.Split(in, odd)
			go func() {
				<-free
				odds[1].To(extension.NewIgnoreSink())
			}()
			return odds[0]
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Minute, func() { cancel(errTest) })
		began := time.Now()
		got, err := flow.Collect(ctx, through(build, gostreams.LeakAfter(time.Second))(flow.Of(1, 2, 3, 4, 6)))
		require.ErrorIs(t, err, errTest)
		require.Equal(t, []int{1}, got[:1])
		require.Equal(t, time.Minute+time.Second, time.Since(began))

		close(free) // what was left behind ends when it can: the bubble would see it otherwise
	})
}

func TestChainThatDoesNotEndIsLeftBehindWhenTheRunHasFailed(t *testing.T) {
	for name, fail := range map[string]bool{"by its input": false, "by Fail": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				free := make(chan struct{})
				build := func(ctx context.Context, in streams.Source) streams.Flow {
					odds := gsflow.Split(in.Via(gsflow.NewMap(func(v int) int {
						if fail && v == 4 {
							gostreams.Fail(ctx, errTest)
						}
						return v
					}, 1)), odd)
					go func() {
						<-free
						odds[1].To(extension.NewIgnoreSink())
					}()
					return odds[0]
				}
				in := flow.Concat(flow.Of(1, 2, 4), flow.Fail[int](errTest))
				if fail {
					in = flow.Concat(flow.Of(1, 2, 4), flow.Never[int]())
				}
				began := time.Now()
				got, err := flow.Collect(t.Context(), through(build, gostreams.LeakAfter(time.Second))(in))
				require.Equal(t, errTest, err)
				require.Equal(t, []int{1}, got)
				require.Equal(t, time.Second, time.Since(began))
				close(free)
			})
		})
	}
}

func TestWithoutLeakAfterTheRunWaitsForTheChain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(_ context.Context, in streams.Source) streams.Flow {
			return in.Via(gsflow.NewMap(func(v int) int {
				time.Sleep(time.Hour)
				return v
			}, 1))
		}
		began := time.Now()
		_, err := flow.Collect(t.Context(), flow.Take(through(slow)(flow.Of(1, 2)), 1))
		require.NoError(t, err)
		require.Equal(t, 2*time.Hour, time.Since(began), "the second was in the chain already")
	})
}

// Each operator of go-streams has room for one value in its hands and one on the way to the next.
func TestSlowConsumerStopsTheProducerAfterAFewValues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var given atomic.Int64
		var taken, most int64
		numbers := flow.Map(flow.FromSeq(upTo(100)), func(v int) int {
			given.Add(1)
			return v
		})
		chain := through(func(_ context.Context, in streams.Source) streams.Flow {
			return in.Via(gsflow.NewMap(tenfold, 1)).Via(gsflow.NewPassThrough()).Via(gsflow.NewPassThrough())
		})
		_, err := flow.Collect(t.Context(), flow.Map(chain(numbers), func(v int) int {
			taken++
			time.Sleep(time.Hour) // everything else has come to rest
			most = max(most, given.Load()-taken)
			return v
		}))
		require.NoError(t, err)
		require.EqualValues(t, 100, taken)
		require.EqualValues(t, 8, most)
	})
}

func TestDescribeNamesTheChainAndWhatFeedsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		require.Equal(t, "gostreams.Flow\n  Of\n", flow.Describe(through(mapped)(flow.Of(1))).String())
	})
}
