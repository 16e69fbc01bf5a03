package hub_test

import (
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/hub"
)

func TestKeyThatDoesNotEqualItselfPanics(t *testing.T) {
	topic := hub.NewTopic(hub.Settings[float64]{Keys: 2, Key: func(v float64) any { return v }})
	for range 5 {
		require.Panics(t, func() { _, _ = topic.Publish(t.Context(), math.NaN()) })
	}
	for _, v := range []float64{1, 2, 3} {
		publish1(t, topic, v)
	}
	topic.Close()
	items, err := flow.Collect(t.Context(), topic.Subscribe(hub.Options{Policy: hub.Conflate, Replay: hub.All}))
	require.NoError(t, err)
	require.Equal(t, []float64{2, 3}, valuesOf(items))
}

// Whatever is published while a subscriber is stalled in the middle of a batch, it keeps what it got hold of, and
// nothing that came after.
func TestStalledSubscriberKeepsNoKeysThatAreGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type big struct {
			key int
			_   [1 << 10]byte
		}
		topic := hub.NewTopic(hub.Settings[*big]{Log: 1, Keys: 4, Key: func(v *big) any { return v.key }})
		var freed atomic.Int64
		next := 0
		put := func(n int) {
			for range n {
				v := &big{key: next}
				next++
				runtime.AddCleanup(v, func(struct{}) { freed.Add(1) }, struct{}{})
				_, err := topic.Publish(t.Context(), v)
				require.NoError(t, err)
			}
		}
		put(4)
		s := run(t, topic.Subscribe(hub.Options{Policy: hub.Conflate, Replay: hub.All}))
		const many = 1000
		put(many)
		require.Eventually(t, func() bool {
			runtime.GC()
			return freed.Load() > many-20
		}, 10e9, 1e6)
		s.cancel(errTest)
		require.Equal(t, errTest, s.end(t))
	})
}

func TestSubscriberFarBehindGetsEachKeyOnce(t *testing.T) {
	const n = 1000
	topic := hub.NewTopic(hub.Settings[int]{Keys: n, Key: func(v int) any { return v % n }})
	for v := range n {
		publish1(t, topic, v)
	}
	var got []int
	err := topic.Subscribe(hub.Options{Policy: hub.Conflate, Replay: hub.All}).Run(t.Context(), func(item hub.Item[int]) error {
		if len(got) < n && len(got)%10 == 0 { // its own key, one behind and one ahead
			for _, k := range []int{item.Value, (item.Value + n - 1) % n, (item.Value + 1) % n} {
				publish1(t, topic, k%n+n)
			}
		}
		if got = append(got, item.Value); item.Position == topic.Position() {
			topic.Close()
		}
		return nil
	})
	require.NoError(t, err)
	newest := make(map[int]int)
	for _, v := range got {
		newest[v%n] = v
	}
	require.Len(t, newest, n)
}

// publish1 is publish for outside of a bubble.
func publish1[T any](t testing.TB, topic *hub.Topic[T], v T) {
	t.Helper()
	_, err := topic.Publish(t.Context(), v)
	require.NoError(t, err)
}

func TestAllTopicsEndTheSameWay(t *testing.T) {
	for range 100 {
		rooms := hub.NewTopics[int, int](hub.TopicsSettings[int]{})
		const n = 50
		var failed, complete atomic.Int64
		var joined, ended sync.WaitGroup
		joined.Add(n)
		for i := range n {
			ended.Go(func() {
				first := true
				err := rooms.Subscribe(i, hub.Options{}).Run(t.Context(), func(hub.Item[int]) error {
					if first {
						joined.Done()
					}
					first = false
					return nil
				})
				if err == nil {
					complete.Add(1)
				} else {
					failed.Add(1)
				}
			})
			for rooms.Subscribers(i) == 0 {
				runtime.Gosched()
			}
			_, err := rooms.Publish(t.Context(), i, 1)
			require.NoError(t, err)
		}
		joined.Wait()
		ended.Go(rooms.Close)
		ended.Go(func() { rooms.Fail(errTest) })
		ended.Wait()
		require.Zero(t, min(failed.Load(), complete.Load()), "%d failed, %d are complete", failed.Load(), complete.Load())
	}
}

func TestRouterThatPanicsWhenAConsumerLeavesLosesThatValueAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leaving := false
		p := hub.NewPartition(func(v int, _ hub.Consumers[int]) int {
			if leaving && v%2 == 0 {
				panic("oops")
			}
			return 0
		}, 8)
		leave := make(chan struct{})
		first := later(func() (panicked any) {
			defer func() { panicked = recover() }()
			return p.Source().Run(t.Context(), func(int) error {
				<-leave
				return errTest
			})
		})
		second := run(t, p.Source())
		publishTo(t, p, 1, 2, 3, 4, 5)
		leaving = true
		close(leave)
		require.ErrorContains(t, (<-first).(*flow.PanicError), "oops")
		require.Equal(t, []int{3, 5}, second.values())
		second.cancel(errTest)
		require.NoError(t, p.Drain(t.Context()))
	})
}
