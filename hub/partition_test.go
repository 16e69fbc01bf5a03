package hub_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
	"github.com/wsflow/wsflow/hub"
)

func TestPartitionKeepsTheLaws(t *testing.T) {
	t.Run("closed", func(t *testing.T) {
		sourceKeepsTheLaws(t, func() flow.Source[int] {
			p := hub.NewPartition(hub.RoundRobin[int](), 8)
			p.Close()
			return p.Source()
		}, nil)
	})
	t.Run("open", func(t *testing.T) {
		sourceKeepsTheLaws(t, func() flow.Source[int] {
			return hub.NewPartition(hub.RoundRobin[int](), 8).Source()
		}, nil, flowtest.Endless())
	})
}

func TestPartitionHolds(t *testing.T) {
	require.NoError(t, flowtest.TestHolding(func(in flow.Source[*flowtest.Held]) flow.Source[*flowtest.Held] {
		return flow.FromFunc(func(ctx context.Context, emit func(*flowtest.Held) error) error {
			p := hub.NewPartition(hub.RoundRobin[*flowtest.Held](), 2)
			ctx, cancel := context.WithCancelCause(ctx)
			var producer sync.WaitGroup
			producer.Go(func() {
				in.Start(ctx, func(v *flowtest.Held) error { return p.Publish(ctx, v) }, p.Fail)
			})
			defer func() {
				cancel(errTest)
				producer.Wait()
				p.Close()
				_ = p.Source().Run(context.Background(), func(*flowtest.Held) error { return nil }) // what is left over
			}()
			return p.Source().Run(ctx, emit)
		})
	}, 4))
}

func publishTo[T any](t testing.TB, p *hub.Partition[T], values ...T) {
	t.Helper()
	for _, v := range values {
		require.NoError(t, p.Publish(t.Context(), v))
		synctest.Wait()
	}
}

func TestRouters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := hub.NewPartition(hub.RoundRobin[int](), 0)
		a, b := run(t, p.Source()), run(t, p.Source())
		publishTo(t, p, 1, 2, 3, 4, 5)
		require.Equal(t, []int{1, 3, 5}, a.values())
		require.Equal(t, []int{2, 4}, b.values())

		p = hub.NewPartition(hub.LeastWaiting[int](), 0)
		a, b = run(t, p.Source()), run(t, p.Source())
		publishTo(t, p, 1, 2, 3, 4)
		require.Len(t, a.values(), 2)
		publishTo(t, p, 5, 6) // the first of them is at work on, and one waits for b
		require.Len(t, a.got, 3)
		require.Len(t, a.values(), 4)
		require.Len(t, b.values(), 2)

		p = hub.NewPartition(func(v int, c hub.Consumers[int]) int { return v%(c.Len()+1) - 1 }, 0)
		a = run(t, p.Source())
		publishTo(t, p, 1, 2, 3, 4)
		require.Equal(t, []int{1, 3}, a.values(), "a negative index drops the value")
	})
}

func TestKeyStaysWithItsConsumer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := hub.NewPartition(hub.ByKey(func(v int) int { return v }), 100)
		var consumers []*puppet[int]
		owner := func() map[int]int {
			owners := map[int]int{}
			for key := range 60 {
				publishTo(t, p, key)
				for i, c := range consumers {
					if c.isRunning() && c.busy {
						owners[key] = i
						c.values()
					}
				}
			}
			require.Len(t, owners, 60)
			return owners
		}
		for range 3 {
			consumers = append(consumers, run(t, p.Source()))
		}
		before := owner()
		consumers = append(consumers, run(t, p.Source()))
		after := owner()
		moved := 0
		for key, i := range after {
			if i != before[key] {
				require.Equal(t, 3, i, "keys go to the new consumer only")
				moved++
			}
		}
		require.NotZero(t, moved)
		consumers[0].cancel(errTest)
		synctest.Wait()
		for key, i := range owner() {
			require.True(t, i == after[key] || after[key] == 0, "only its keys go elsewhere")
		}
	})
}

func TestPublishersWaitForAConsumerAndForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := hub.NewPartition(hub.RoundRobin[int](), 2)
		first := later(func() error { return p.Publish(t.Context(), 1) })
		require.True(t, isWaiting(first))
		a := run(t, p.Source())
		require.NoError(t, <-first)
		publishTo(t, p, 2, 3)
		full := later(func() error { return p.Publish(t.Context(), 4) })
		require.True(t, isWaiting(full))
		b := run(t, p.Source())
		publishTo(t, p, 5) // it is the turn of b, which has room
		a.cancel(errTest)
		require.True(t, isWaiting(full), "what a has left goes first")
		require.Equal(t, []int{5, 2, 3, 4}, b.values())
		require.NoError(t, <-full)
	})
}

func TestValuesOfTheLastConsumerWaitForTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := hub.NewPartition(hub.RoundRobin[int](), 4)
		a := run(t, p.Source())
		publishTo(t, p, 1, 2, 3)
		a.cancel(errTest)
		require.ErrorIs(t, a.end(t), errTest)
		require.Zero(t, p.Consumers())
		drained := later(func() error { return p.Drain(t.Context()) })
		require.True(t, isWaiting(drained))
		require.ErrorIs(t, p.Publish(t.Context(), 4), hub.ErrClosed)
		b := run(t, p.Source())
		require.Equal(t, []int{2, 3}, b.values())
		require.NoError(t, b.end(t))
		require.NoError(t, <-drained)
	})
}

func TestPublisherThatWaitsForRoomIsRefusedByClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := hub.NewPartition(hub.RoundRobin[int](), 1)
		a := run(t, p.Source())
		publishTo(t, p, 1, 2)
		first := later(func() error { return p.Publish(t.Context(), 3) })
		second := later(func() error { return p.Publish(t.Context(), 4) })
		p.Close()
		require.ErrorIs(t, <-first, hub.ErrClosed)
		require.ErrorIs(t, <-second, hub.ErrClosed)
		require.Equal(t, []int{1, 2}, a.values())
		require.NoError(t, a.end(t))
	})
}

func TestRouterMayDropWhatAConsumerLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := hub.NewPartition(func(v int, c hub.Consumers[int]) int {
			if c.Len() == 2 {
				return 0
			}
			return v%2 - 1 // of those that are left, the odd ones
		}, 8)
		a, b := run(t, p.Source()), run(t, p.Source())
		publishTo(t, p, 1, 2, 3, 4, 5)
		a.cancel(errTest)
		require.ErrorIs(t, a.end(t), errTest)
		require.Equal(t, []int{3, 5}, b.values())
	})
}

func TestDrainOfAPartitionCanBeCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := hub.NewPartition(hub.RoundRobin[int](), 0)
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errTest)
		defer cancel()
		require.ErrorIs(t, p.Publish(ctx, 1), errTest) // there is nobody
		require.ErrorIs(t, p.Publish(ctx, 1), errTest) // ctx was done before
		a := run(t, p.Source())
		publishTo(t, p, 1)
		ctx, cancel = context.WithTimeoutCause(t.Context(), time.Second, errTest)
		defer cancel()
		require.ErrorIs(t, p.Drain(ctx), errTest)
		a.release()
		require.NoError(t, p.Drain(t.Context()))
	})
}

func TestEndOfAPartitionIsRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := hub.NewPartition(hub.RoundRobin[int](), 1)
		waits := later(func() error { _, err := p.Sink().Run(t.Context(), flow.Never[int]()); return err })
		nobody := later(func() error { return p.Publish(t.Context(), 1) })
		p.Fail(errTest)
		require.Equal(t, errTest, <-waits)
		require.ErrorIs(t, <-nobody, hub.ErrClosed)
		require.Equal(t, errTest, run(t, p.Source()).end(t))
		require.NoError(t, p.Drain(t.Context()))
	})
}

func TestPanicOfARouterIsThePublishers(t *testing.T) {
	p := hub.NewPartition(func(v int, _ hub.Consumers[int]) int {
		if v == 0 {
			panic("oops")
		}
		return 0
	}, 0)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	got := make(chan int, 1)
	go func() {
		_ = p.Source().Run(ctx, func(v int) error { got <- v; return nil })
	}()
	require.Panics(t, func() { _ = p.Publish(ctx, 0) })
	require.NoError(t, p.Publish(ctx, 1))
	require.Equal(t, 1, <-got)
}

func TestPartitionPanicsForWhatCannotWork(t *testing.T) {
	require.Panics(t, func() { hub.NewPartition[int](nil, 0) })
	require.Panics(t, func() { hub.NewPartition(hub.RoundRobin[int](), -1) })
	require.Panics(t, func() { hub.NewMerge[int](-1) })
}

// Whoever comes and goes, each value is given to one consumer, once, and those of a key in their order.
func TestPartitionLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rapid.Check(inBubble{t}, func(t *rapid.T) {
			p := hub.NewPartition(hub.ByKey(func(v keyedValue) uint64 { return v.key }), rapid.IntRange(1, 4).Draw(t, "buffer"))
			ctx, cancel := context.WithCancel(context.Background())
			defer func() { cancel(); synctest.Wait() }()
			var consumers []*puppet[keyedValue]
			var given []keyedValue
			var asked [modelKeys + 1]uint64
			release := func(c *puppet[keyedValue], err error) {
				given = append(given, c.got[len(c.got)-1])
				c.permit <- err
				synctest.Wait()
			}
			var turns [modelKeys + 1]chan struct{} // publishers of one key, one after the other
			for i := range turns {
				turns[i] = make(chan struct{}, 1)
			}
			t.Repeat(map[string]func(*rapid.T){
				"publish": func(t *rapid.T) {
					key := rapid.Uint64Range(1, modelKeys).Draw(t, "key")
					if len(turns[key]) > 0 {
						t.Skip()
					}
					asked[key]++
					turns[key] <- struct{}{}
					v := keyedValue{offset: asked[key], key: key}
					go func() {
						_ = p.Publish(ctx, v)
						<-turns[key]
					}()
				},
				"join": func(*rapid.T) {
					c := start(p.Source())
					context.AfterFunc(ctx, func() { c.cancel(errTest) })
					consumers = append(consumers, c)
				},
				"take": func(t *rapid.T) {
					i := rapid.IntRange(0, 20).Draw(t, "consumer")
					if i >= len(consumers) || !consumers[i].busy {
						t.Skip()
					}
					var err error
					if rapid.IntRange(0, 3).Draw(t, "leaves") == 0 {
						err = errTest
					}
					release(consumers[i], err)
				},
				"": func(*rapid.T) { synctest.Wait() },
			})
			last := start(p.Source()) // for what is left over
			synctest.Wait()
			for again := true; again; {
				again = false
				for _, c := range append(consumers, last) {
					for c.busy {
						release(c, nil)
						again = true
					}
				}
			}
			last.cancel(errTest)
			var next [modelKeys + 1]uint64
			for _, v := range given {
				if next[v.key]++; len(consumers) == 0 && next[v.key] != v.offset {
					t.Fatalf("key %d: %d comes after %d", v.key, v.offset, next[v.key]-1)
				}
			}
			if next != asked {
				t.Fatalf("given %v, want %v", next, asked)
			}
		})
	})
}
