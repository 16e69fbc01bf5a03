package hub_test

import (
	"context"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"

	"github.com/wsflow/wsflow/hub"
)

// A story is what happens to a topic and to its model, step by step.
type story struct {
	*model
	topic    *hub.Topic[keyedValue]
	epoch    uint64
	policies []hub.Policy
}

func newStory(t *rapid.T, policies []hub.Policy) *story {
	s := &story{model: &model{log: rapid.IntRange(1, 70).Draw(t, "log")}, policies: policies}
	s.topic = hub.NewTopic(hub.Settings[keyedValue]{Log: s.log, Key: keyedValue.keyOf})
	s.epoch = s.topic.Position().Epoch
	return s
}

// leave ends what is still running.
func (s *story) leave() {
	for _, sub := range s.subs {
		sub.puppet.cancel(errTest)
	}
	synctest.Wait()
}

// one chooses a subscriber, one that is busy if need be.
func (s *story) one(t *rapid.T, busy bool) *modelSubscriber {
	var some []*modelSubscriber
	for _, sub := range s.subs {
		if !sub.ended && (!busy || sub.busy) {
			some = append(some, sub)
		}
	}
	if len(some) == 0 {
		t.Skip()
	}
	return rapid.SampledFrom(some).Draw(t, "subscriber")
}

func (s *story) publishOne(t *rapid.T) {
	v := keyedValue{offset: s.head() + 1, key: rapid.Uint64Range(1, modelKeys).Draw(t, "key")}
	position, err := s.topic.Publish(context.Background(), v)
	if s.model.ended {
		if err == nil {
			t.Fatal("published after the end")
		}
		return
	}
	if want := (hub.Position{Epoch: s.epoch, Offset: v.offset}); position != want || err != nil {
		t.Fatalf("published at %v, %v, want %v", position, err, want)
	}
	s.publish(v)
	s.settle(s.epoch)
	synctest.Wait()
}

func (s *story) publishMany(t *rapid.T) {
	for range rapid.IntRange(2, 80).Draw(t, "n") {
		s.publishOne(t)
	}
}

func (s *story) subscribeOne(t *rapid.T) {
	if len(s.subs) > 12 {
		t.Skip()
	}
	o := drawOptions(t, s.log, s.policies, s.topic.Position())
	s.subscribe(o, s.epoch).puppet = start(s.topic.Subscribe(o))
}

func (s *story) release(t *rapid.T) {
	sub := s.one(t, true)
	for range rapid.IntRange(1, 5).Draw(t, "n") {
		if !sub.busy {
			return
		}
		sub.busy = false
		sub.puppet.permit <- nil
		s.settle(s.epoch)
		synctest.Wait()
	}
}

func (s *story) stop(t *rapid.T) {
	sub := s.one(t, true)
	sub.busy, sub.ended, sub.err = false, true, errTest
	sub.puppet.permit <- errTest
}

func (s *story) cancel(t *rapid.T) {
	sub := s.one(t, false)
	sub.busy, sub.ended, sub.err = false, true, errTest
	sub.puppet.cancel(errTest)
}

func (s *story) close(t *rapid.T) {
	if rapid.IntRange(0, 9).Draw(t, "really") != 5 {
		t.Skip()
	}
	if !s.model.ended {
		s.model.ended = true
		s.model.err = rapid.SampledFrom([]error{nil, errTest}).Draw(t, "with")
	}
	s.topic.Fail(s.model.err)
}

func (s *story) check(t *rapid.T) {
	s.settle(s.epoch)
	s.compare(t)
	running := 0
	for _, sub := range s.subs {
		if !sub.ended {
			running++
		}
	}
	if n := s.topic.Subscribers(); n != running {
		t.Fatalf("%d subscribers, want %d", n, running)
	}
}

// Every step of random stories of a topic, whose publishers do not wait, gives each subscriber exactly what the model
// says.
func TestTopicDoesWhatItsModelDoes(t *testing.T) {
	for _, policies := range [][]hub.Policy{
		{hub.Disconnect},
		{hub.DropOldest},
		{hub.DropNewest},
		{hub.Conflate},
		{hub.Disconnect, hub.DropOldest, hub.DropNewest, hub.Conflate},
	} {
		synctest.Test(t, func(t *testing.T) {
			rapid.Check(inBubble{t}, func(t *rapid.T) {
				s := newStory(t, policies)
				defer s.leave()
				s.publishMany(t)
				s.subscribeOne(t)
				t.Repeat(map[string]func(*rapid.T){
					"publish":      s.publishOne,
					"publish many": s.publishMany,
					"subscribe":    s.subscribeOne,
					"release":      s.release,
					"stop":         s.stop,
					"cancel":       s.cancel,
					"close":        s.close,
					"":             s.check,
				})
			})
		})
	}
}
