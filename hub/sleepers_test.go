package hub

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSleeperThatIsCancelledLeavesTheList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topic := NewTopic(Settings[int]{})
		for i := range 100 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(1+i%7)*time.Second)
			defer cancel()
			go func() { _ = topic.Subscribe(Options{}).Run(ctx, func(Item[int]) error { return nil }) }()
		}
		sleeping := func() (n int) {
			synctest.Wait()
			for i := range topic.sleepers.shards {
				sh := &topic.sleepers.shards[i]
				sh.mu.Lock()
				require.EqualValues(t, len(sh.list), sh.n.Load())
				n += len(sh.list)
				sh.mu.Unlock()
			}
			return n
		}
		for left := 100; left > 0; left = topic.Subscribers() {
			require.Equal(t, left, sleeping())
			_, err := topic.Publish(t.Context(), 1)
			require.NoError(t, err)
			require.Equal(t, left, sleeping())
			time.Sleep(time.Second)
			synctest.Wait()
		}
		require.Zero(t, sleeping())
	})
}

// A value that is published just when the subscriber goes to sleep wakes it.
func TestNoWakeIsMissed(t *testing.T) {
	topic := NewTopic(Settings[int]{StartAfter: 1})
	taken := make(chan struct{}, 1)
	ended := make(chan error)
	go func() {
		ended <- topic.Subscribe(Options{}).Run(t.Context(), func(Item[int]) error {
			taken <- struct{}{}
			return nil
		})
	}()
	for i := range 50_000 {
		_, err := topic.Publish(t.Context(), i)
		require.NoError(t, err)
		<-taken
	}
	topic.Close()
	require.NoError(t, <-ended)
}

func TestMembersThatComeAndGoDoNotFillASlowWatcher(t *testing.T) {
	p := NewPresence[string, int, string]()
	w := p.watch("go")
	leave := p.Join("go", 0, "stays")
	for i := range 1000 {
		p.Join("go", i+1, "does not")()
	}
	require.LessOrEqual(t, w.order.n, 2+fifoKept)
	change, ok := w.next()
	require.True(t, ok)
	require.Equal(t, Change[int, string]{Kind: Joined, Meta: "stays"}, change)
	leave()
	p.unwatch("go", w)
	require.Empty(t, p.rooms, "nothing is kept of a topic where nobody is")
}
