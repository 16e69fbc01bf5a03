package hub_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/hub"
	"github.com/wsflow/wsflow/message"
)

func TestTopicComesAndGoesWithItsSubscribers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rooms := hub.NewTopics[string, int](hub.TopicsSettings[int]{})
		position, err := rooms.Publish(t.Context(), "go", 0)
		require.NoError(t, err)
		require.True(t, position.IsZero())
		a, b := run(t, rooms.Subscribe("go", hub.Options{})), run(t, rooms.Subscribe("go", hub.Options{}))
		c := run(t, rooms.Subscribe("rust", hub.Options{}))
		require.ElementsMatch(t, []string{"go", "rust"}, rooms.Names())
		require.Equal(t, 2, rooms.Subscribers("go"))
		last, err := rooms.Sink("go").Run(t.Context(), flow.Of(1, 2))
		require.NoError(t, err)
		require.EqualValues(t, 2, last.Offset)
		require.Equal(t, []int{1, 2}, valuesOf(a.values()))
		require.Empty(t, c.values())
		a.cancel(errTest)
		b.cancel(errTest)
		synctest.Wait()
		require.Equal(t, 1, rooms.Len())
		require.Zero(t, rooms.Subscribers("go"))
	})
}

func TestTopicIsKeptForReturningSubscribers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rooms := hub.NewTopics[string, int](hub.TopicsSettings[int]{Keep: time.Minute})
		first, err := rooms.Publish(t.Context(), "go", 1)
		require.NoError(t, err)
		time.Sleep(time.Minute - 1)
		_, err = rooms.Publish(t.Context(), "go", 2) // the minute begins anew
		require.NoError(t, err)
		time.Sleep(time.Minute - 1)
		s := run(t, rooms.Subscribe("go", hub.Options{After: first}))
		require.Equal(t, []int{2}, valuesOf(s.values()))
		time.Sleep(time.Hour)
		s.cancel(errTest)
		synctest.Wait()
		time.Sleep(time.Minute - 1)
		require.Equal(t, 1, rooms.Len())
		time.Sleep(2 * time.Nanosecond)
		require.Zero(t, rooms.Len())
		s = run(t, rooms.Subscribe("go", hub.Options{After: first}))
		require.True(t, s.values()[0].Reset, "it is another one")
	})
}

func TestEndOfAllTopicsIsRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rooms := hub.NewTopics[string, int](hub.TopicsSettings[int]{Keep: time.Minute})
		s := run(t, rooms.Subscribe("go", hub.Options{}))
		_, err := rooms.Publish(t.Context(), "go", 1)
		require.NoError(t, err)
		_, err = rooms.Publish(t.Context(), "kept", 1)
		require.NoError(t, err)
		waits := later(func() error { _, err := rooms.Sink("go").Run(t.Context(), flow.Never[int]()); return err })
		drained := later(func() error { return rooms.Drain(t.Context()) })
		require.NoError(t, <-waits)
		require.True(t, isWaiting(drained))
		require.Equal(t, []int{1}, valuesOf(s.values()))
		require.NoError(t, <-drained)
		require.NoError(t, s.end(t))
		require.Zero(t, rooms.Len())
		_, err = rooms.Publish(t.Context(), "rust", 1)
		require.ErrorIs(t, err, hub.ErrClosed)
		require.NoError(t, run(t, rooms.Subscribe("rust", hub.Options{})).end(t))
	})
}

func TestTopicsRefuseWhatATopicDoes(t *testing.T) {
	rooms := hub.NewTopics[string, message.Message](hub.TopicsSettings[message.Message]{})
	_, err := rooms.Publish(t.Context(), "go", message.TextStream(flow.Of("a")))
	require.ErrorIs(t, err, hub.ErrStreamed)
	require.Panics(t, func() { rooms.Subscribe("go", hub.Options{Policy: hub.Conflate}) })
	require.Panics(t, func() { hub.NewTopics[string, int](hub.TopicsSettings[int]{Keep: -1}) })
}

func TestTopicsAreSafeForConcurrentUse(t *testing.T) {
	rooms := hub.NewTopics[string, int](hub.TopicsSettings[int]{})
	var all sync.WaitGroup
	for i := range 16 {
		room := fmt.Sprint(i % 3)
		all.Go(func() {
			for range 100 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
				_, _ = flow.Collect(ctx, flow.Take(rooms.Subscribe(room, hub.Options{}), 3))
				cancel()
			}
		})
		all.Go(func() {
			for v := range 1000 {
				if _, err := rooms.Publish(t.Context(), room, v); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	require.Zero(t, rooms.Len())
}
