package hub_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/wsflow/wsflow/hub"
)

// Publishers that wait for subscribers with Backpressure are served in their order, and these get everything; others
// get what they get in order, and know of the rest.
func TestBackpressureLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rapid.Check(inBubble{t}, func(t *rapid.T) {
			s := &paceStory{log: rapid.IntRange(1, 40).Draw(t, "log")}
			s.topic = hub.NewTopic(hub.Settings[int]{Log: s.log})
			var cancel context.CancelCauseFunc
			s.ctx, cancel = context.WithCancelCause(context.Background())
			defer func() {
				cancel(errTest)
				for _, sub := range s.subs {
					sub.puppet.cancel(errTest)
				}
				synctest.Wait()
			}()
			s.subscribe(t)
			t.Repeat(map[string]func(*rapid.T){
				"publish": s.publish, "publish more": s.publish, "subscribe": s.subscribe,
				"release": s.release, "release more": s.release, "leave": s.leave, "give up": s.giveUp, "": s.check,
			})
		})
	})
}

type paceStory struct {
	log       int
	topic     *hub.Topic[int]
	ctx       context.Context
	subs      []*paceSubscriber
	asked     int // values that publishers were started with
	published int
	waiting   []pacePublisher // in their order
}

type pacePublisher struct {
	v      int
	cancel context.CancelCauseFunc
	done   <-chan error
}

type paceSubscriber struct {
	options hub.Options
	puppet  *puppet[hub.Item[int]]
	begin   uint64
	left    bool
}

func (s *paceStory) publish(t *rapid.T) {
	for range rapid.IntRange(1, 20).Draw(t, "n") {
		s.asked++
		v := s.asked
		ctx, cancel := context.WithCancelCause(s.ctx)
		s.waiting = append(s.waiting, pacePublisher{v: v, cancel: cancel, done: later(func() error {
			_, err := s.topic.Publish(ctx, v)
			return err
		})})
	}
}

func (s *paceStory) giveUp(t *rapid.T) {
	s.collect(t)
	if len(s.waiting) == 0 {
		t.Skip()
	}
	i := rapid.IntRange(0, len(s.waiting)-1).Draw(t, "publisher")
	s.waiting[i].cancel(errTest)
	if err := <-s.waiting[i].done; !errors.Is(err, errTest) {
		t.Fatal(err)
	}
	s.waiting = append(s.waiting[:i:i], s.waiting[i+1:]...)
}

func (s *paceStory) subscribe(t *rapid.T) {
	if len(s.subs) > 6 {
		t.Skip()
	}
	s.collect(t)
	head := s.topic.Position()
	o := hub.Options{
		Policy: rapid.SampledFrom([]hub.Policy{hub.Backpressure, hub.Backpressure, hub.DropOldest, hub.DropNewest}).Draw(t, "policy"),
		Buffer: rapid.IntRange(1, s.log).Draw(t, "buffer"),
		After:  head,
	}
	back := rapid.Uint64Range(0, min(uint64(s.log), head.Offset)).Draw(t, "back")
	o.After.Offset -= back
	s.subs = append(s.subs, &paceSubscriber{options: o, begin: o.After.Offset, puppet: start(s.topic.Subscribe(o))})
	synctest.Wait()
}

func (s *paceStory) one(t *rapid.T) *paceSubscriber {
	var busy []*paceSubscriber
	for _, sub := range s.subs {
		if !sub.left && sub.puppet.busy {
			busy = append(busy, sub)
		}
	}
	if len(busy) == 0 {
		t.Skip()
	}
	return rapid.SampledFrom(busy).Draw(t, "subscriber")
}

func (s *paceStory) release(t *rapid.T) {
	sub := s.one(t)
	for range rapid.IntRange(1, 20).Draw(t, "n") {
		if sub.puppet.busy {
			sub.puppet.release()
		}
	}
}

func (s *paceStory) leave(t *rapid.T) {
	sub := s.one(t)
	sub.left = true
	if rapid.Bool().Draw(t, "stops") {
		sub.puppet.permit <- errTest
	} else {
		sub.puppet.cancel(errTest)
	}
}

// collect takes away the publishers that have returned: the first ones.
func (s *paceStory) collect(t *rapid.T) {
	synctest.Wait()
	for len(s.waiting) > 0 && len(s.waiting[0].done) > 0 {
		if err := <-s.waiting[0].done; err != nil {
			t.Fatal(err)
		}
		s.waiting = s.waiting[1:]
		s.published++
	}
	for _, p := range s.waiting {
		if len(p.done) > 0 {
			t.Fatalf("publisher of %d was served before that of %d", p.v, s.waiting[0].v)
		}
	}
	if head := s.topic.Position().Offset; head != uint64(s.published) {
		t.Fatalf("%d published, want %d", head, s.published)
	}
}

func (s *paceStory) check(t *rapid.T) {
	s.collect(t)
	head, full := uint64(s.published), false
	for _, sub := range s.subs {
		last := sub.begin
		for _, item := range sub.puppet.got {
			want := item.Position.Offset - 1
			if item.NoValue {
				want = item.Position.Offset
			}
			if item.Position.Offset <= last || last+item.Missed != want {
				t.Fatalf("%+v follows on %d", item, last)
			}
			if item.Missed > 0 && sub.options.Policy == hub.Backpressure {
				t.Fatalf("%d missed before %d", item.Missed, item.Position.Offset)
			}
			last = item.Position.Offset
		}
		if sub.left || sub.options.Policy != hub.Backpressure {
			continue
		}
		lag := head - last
		if lag > uint64(s.log) {
			t.Fatalf("%d wait, of at most %d", lag, s.log)
		}
		full = full || lag > uint64(sub.options.Buffer)/2
	}
	if len(s.waiting) > 0 && !full {
		t.Fatal("publishers wait though all subscribers have room")
	}
}

func TestPublisherWaitsForHalfOfABuffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topic := hub.NewTopic(hub.Settings[int]{})
		slow := run(t, topic.Subscribe(hub.Options{Policy: hub.Backpressure, Buffer: 4}))
		for v := range 5 { // one is at work on
			publish(t, topic, v)
		}
		waiting := later(func() error { _, err := topic.Publish(t.Context(), 5); return err })
		slow.release()
		require.True(t, isWaiting(waiting))
		slow.release()
		require.NoError(t, <-waiting)
		require.Equal(t, []int{0, 1, 2, 3, 4, 5}, valuesOf(slow.values()))
	})
}

func TestPublisherGoesOnWhenTheSlowSubscriberLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topic := hub.NewTopic(hub.Settings[int]{Log: 1})
		slow := run(t, topic.Subscribe(hub.Options{Policy: hub.Backpressure}))
		publish(t, topic, 1, 2)
		waiting := later(func() error { _, err := topic.Publish(t.Context(), 3); return err })
		require.True(t, isWaiting(waiting))
		slow.cancel(errTest)
		require.NoError(t, <-waiting)
		require.ErrorIs(t, slow.end(t), errTest)
		require.Zero(t, topic.Subscribers())
	})
}

func TestPublisherThatWaitsIsRefusedByClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topic := hub.NewTopic(hub.Settings[int]{Log: 1})
		run(t, topic.Subscribe(hub.Options{Policy: hub.Backpressure}))
		publish(t, topic, 1, 2)
		first := later(func() error { _, err := topic.Publish(t.Context(), 3); return err })
		second := later(func() error { _, err := topic.Publish(t.Context(), 4); return err })
		topic.Close()
		require.ErrorIs(t, <-first, hub.ErrClosed)
		require.ErrorIs(t, <-second, hub.ErrClosed)
	})
}

func TestPublisherThatWaitsCanBeCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topic := hub.NewTopic(hub.Settings[int]{StartAfter: 1})
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Hour, errTest)
		defer cancel()
		_, err := topic.Publish(ctx, 1)
		require.ErrorIs(t, err, errTest)
		require.Zero(t, topic.Position().Offset)
	})
}

func TestPublishersWaitForTheFirstSubscribers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topic := hub.NewTopic(hub.Settings[int]{StartAfter: 2})
		first := run(t, topic.Subscribe(hub.Options{}))
		waiting := later(func() error { _, err := topic.Publish(t.Context(), 7); return err })
		require.True(t, isWaiting(waiting))
		second := run(t, topic.Subscribe(hub.Options{}))
		require.NoError(t, <-waiting)
		first.cancel(errTest)
		publish(t, topic, 8) // they need not stay
		require.Equal(t, []int{7, 8}, valuesOf(second.values()))
	})
}
