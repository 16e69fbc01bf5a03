package hub_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
	"github.com/wsflow/wsflow/hub"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
)

func TestSubscriptionKeepsTheLaws(t *testing.T) {
	for _, policy := range []hub.Policy{hub.Disconnect, hub.Backpressure, hub.DropOldest, hub.DropNewest, hub.Conflate} {
		t.Run(fmt.Sprint(policy), func(t *testing.T) {
			for _, end := range []func(*hub.Topic[int]){(*hub.Topic[int]).Close, func(*hub.Topic[int]) {}} {
				var opts []flowtest.Option
				make := func() flow.Source[int] {
					topic := hub.NewTopic(hub.Settings[int]{Key: func(v int) any { return v }})
					for v := range 5 {
						_, err := topic.Publish(context.Background(), v)
						require.NoError(t, err)
					}
					end(topic)
					return hub.Values(topic.Subscribe(hub.Options{Policy: policy, Replay: hub.All}))
				}
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
				if _, err := flow.Collect(ctx, make()); err != nil {
					opts = append(opts, flowtest.Endless())
				}
				cancel()
				sourceKeepsTheLaws(t, make, []int{0, 1, 2, 3, 4}, opts...)
			}
		})
	}
}

func TestSubscriberMayLeaveWhileItWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topic := hub.NewTopic(hub.Settings[int]{})
		var all []*puppet[hub.Item[int]]
		for range 20 {
			all = append(all, run(t, topic.Subscribe(hub.Options{})))
		}
		for i, p := range all {
			if i%3 == 0 {
				p.cancel(errTest)
				require.ErrorIs(t, p.end(t), errTest)
			}
		}
		require.Equal(t, 13, topic.Subscribers())
		publish(t, topic, 1)
		for i, p := range all {
			require.Equal(t, i%3 != 0, len(p.values()) == 1)
		}
	})
}

func TestPanicOfASubscriberIsItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topic := hub.NewTopic(hub.Settings[int]{})
		other := run(t, topic.Subscribe(hub.Options{}))
		panicked := later(func() (p any) {
			defer func() { p = recover() }()
			_ = topic.Subscribe(hub.Options{}).Run(t.Context(), func(hub.Item[int]) error { panic("oops") })
			return nil
		})
		publish(t, topic, 1)
		require.ErrorContains(t, (<-panicked).(error), "oops")
		require.Equal(t, 1, topic.Subscribers())
		require.Len(t, other.values(), 1)
	})
}

func TestSlowSubscriberIsDisconnectedWithTheCodeOfItsOptions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topic := hub.NewTopic(hub.Settings[int]{})
		slow := run(t, topic.Subscribe(hub.Options{Buffer: 1, Code: 4008, Reason: "you sleep"}))
		publish(t, topic, 1, 2, 3)
		slow.release()
		require.Equal(t, &protocol.CloseError{Code: 4008, Reason: "you sleep"}, slow.end(t))
	})
}

func TestReturningSubscriberGetsWhatItHasMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topic := hub.NewTopic(hub.Settings[int]{Log: 4})
		publish(t, topic, 1, 2, 3)
		first := run(t, flow.Take(topic.Subscribe(hub.Options{Replay: 2}), 1))
		first.release()
		require.NoError(t, first.end(t))
		require.Equal(t, 2, first.got[0].Value)
		publish(t, topic, 4, 5)
		second := run(t, topic.Subscribe(hub.Options{After: first.got[0].Position}))
		require.Equal(t, []int{3, 4, 5}, valuesOf(second.values()))
		require.Zero(t, second.got[0].Missed)
		publish(t, topic, 6, 7, 8)
		late := run(t, topic.Subscribe(hub.Options{After: first.got[0].Position}))
		require.Equal(t, []int{5, 6, 7, 8}, valuesOf(late.values()))
		require.EqualValues(t, 2, late.got[0].Missed)
	})
}

func TestSubscriberOfAnotherEpochIsReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before := hub.NewTopic(hub.Settings[int]{})
		publish(t, before, 1, 2)
		after := hub.NewTopic(hub.Settings[int]{})
		s := run(t, after.Subscribe(hub.Options{After: before.Position()}))
		require.Equal(t, []hub.Item[int]{{Position: after.Position(), Reset: true, NoValue: true}}, s.values())
		publish(t, after, 3)
		s = run(t, after.Subscribe(hub.Options{After: before.Position()}))
		require.Equal(t, []hub.Item[int]{{Position: after.Position(), Value: 3, Reset: true}}, s.values())
	})
}

func TestOldValuesAreNotReplayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topic := hub.NewTopic(hub.Settings[int]{Age: time.Minute, Key: func(v int) any { return v }})
		begin := topic.Position()
		publish(t, topic, 1, 2)
		time.Sleep(time.Minute + 1)
		publish(t, topic, 3)
		for _, policy := range []hub.Policy{hub.Disconnect, hub.DropNewest, hub.Conflate} {
			s := run(t, topic.Subscribe(hub.Options{Policy: policy, After: begin}))
			require.Equal(t, []hub.Item[int]{{Position: topic.Position(), Value: 3, Missed: 2}}, s.values())
		}
		time.Sleep(2 * time.Minute)
		s := run(t, topic.Subscribe(hub.Options{After: begin}))
		require.Equal(t, []hub.Item[int]{{Position: topic.Position(), Missed: 3, NoValue: true}}, s.values())
	})
}

func TestKeysBeyondTheirNumberAreMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topic := hub.NewTopic(hub.Settings[int]{Keys: 2, Key: func(v int) any { return v % 10 }})
		s := run(t, topic.Subscribe(hub.Options{Policy: hub.Conflate}))
		publish(t, topic, 9, 11, 12, 13, 22)
		require.Equal(t, []int{9, 13, 22}, valuesOf(s.values()))
		require.EqualValues(t, 2, s.got[1].Missed)
	})
}

func TestKeyThatCannotBeComparedPanicsAndLeavesTheTopicAsItWas(t *testing.T) {
	topic := hub.NewTopic(hub.Settings[int]{Key: func(v int) any { return []int{v} }})
	require.Panics(t, func() { _, _ = topic.Publish(t.Context(), 1) })
	require.Zero(t, topic.Position().Offset)
	topic.Close()
}

func TestEndIsRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topic := hub.NewTopic(hub.Settings[int]{})
		publish(t, topic, 1)
		early := run(t, topic.Subscribe(hub.Options{Replay: hub.All}))
		topic.Fail(errTest)
		topic.Close()
		_, err := topic.Publish(t.Context(), 2)
		require.ErrorIs(t, err, hub.ErrClosed)
		require.ErrorIs(t, err, errTest)
		require.EqualError(t, err, "hub: closed: it broke")
		require.True(t, early.isRunning(), "an error does not overtake values")
		require.Len(t, early.values(), 1)
		require.Equal(t, errTest, early.end(t))
		late := run(t, topic.Subscribe(hub.Options{Replay: hub.All}))
		require.Len(t, late.values(), 1)
		require.Equal(t, errTest, late.end(t))
		require.Equal(t, errTest, run(t, topic.Subscribe(hub.Options{})).end(t))
	})
}

func TestDrainWaitsForTheSubscribers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topic := hub.NewTopic(hub.Settings[int]{})
		slow := run(t, topic.Subscribe(hub.Options{}))
		publish(t, topic, 1, 2)
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errTest)
		defer cancel()
		require.ErrorIs(t, topic.Drain(ctx), errTest)
		drained := later(func() error { return topic.Drain(t.Context()) })
		slow.release()
		require.True(t, isWaiting(drained))
		slow.release()
		require.NoError(t, <-drained)
		require.NoError(t, slow.end(t))
		require.NoError(t, topic.Drain(t.Context()))
	})
}

func TestSinkPublishesAndIsStoppedByTheTopic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topic := hub.NewTopic(hub.Settings[int]{})
		s := run(t, topic.Subscribe(hub.Options{}))
		last, err := topic.Sink().Run(t.Context(), flow.Concat(flow.Of(1, 2), flow.Fail[int](errTest)))
		require.Equal(t, errTest, err)
		require.Equal(t, topic.Position(), last)
		require.Equal(t, []int{1, 2}, valuesOf(s.values()))

		waits := later(func() error { _, err := topic.Sink().Run(t.Context(), flow.Never[int]()); return err })
		require.True(t, isWaiting(waits))
		topic.Close()
		require.NoError(t, <-waits)
		_, err = topic.Sink().Run(t.Context(), flow.Of(1))
		require.NoError(t, err)

		failed := hub.NewTopic(hub.Settings[int]{})
		failed.Fail(errTest)
		_, err = failed.Sink().Run(t.Context(), flow.Of(1))
		require.Equal(t, errTest, err)
	})
}

func TestTopicTakesNoStreamedMessage(t *testing.T) {
	topic := hub.NewTopic(hub.Settings[message.Message]{})
	_, err := topic.Publish(t.Context(), message.TextStream(flow.Of("a")))
	require.ErrorIs(t, err, hub.ErrStreamed)
	_, err = topic.Publish(t.Context(), message.Text("a"))
	require.NoError(t, err)
	held := hub.NewTopic(hub.Settings[any]{})
	_, err = held.Publish(t.Context(), &flowtest.Held{})
	require.ErrorIs(t, err, hub.ErrStreamed)
}

func TestCancelledPublisherPublishesNothing(t *testing.T) {
	topic := hub.NewTopic(hub.Settings[int]{})
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errTest)
	_, err := topic.Publish(ctx, 1)
	require.ErrorIs(t, err, errTest)
	require.Zero(t, topic.Position().Offset)
}

func TestOptionsThatCannotWorkPanic(t *testing.T) {
	topic := hub.NewTopic(hub.Settings[int]{Log: 8})
	for what, o := range map[string]hub.Options{
		"a policy that is none":      {Policy: 99},
		"Conflate without a key":     {Policy: hub.Conflate},
		"a buffer beyond the log":    {Buffer: 9},
		"a negative buffer":          {Buffer: -1},
		"a negative replay":          {Replay: -2},
		"a code that is not sent":    {Code: protocol.CloseAbnormal},
		"a reason that does not fit": {Reason: string(make([]byte, 124))},
	} {
		require.Panics(t, func() { topic.Subscribe(o) }, what)
	}
	require.Panics(t, func() { hub.NewTopic(hub.Settings[int]{Log: -1}) })
}

// All at once, for the race detector: what each subscriber gets is in order, and without a hole that it is not told
// of.
func TestTopicIsSafeForConcurrentUse(t *testing.T) {
	topic := hub.NewTopic(hub.Settings[int]{Log: 64, Key: func(v int) any { return v % 7 }})
	var publishers, subscribers sync.WaitGroup
	for i := range 40 {
		subscribers.Go(func() {
			o := hub.Options{Policy: hub.Policy(i % 5), Buffer: 1 + i}
			for begin := topic.Position(); ; {
				last := begin.Offset
				o.After = begin
				taken := 0
				stop := errors.New("enough")
				err := topic.Subscribe(o).Run(t.Context(), func(item hub.Item[int]) error {
					if item.NoValue {
						last += item.Missed
					} else {
						last += item.Missed + 1
					}
					if last != item.Position.Offset {
						return fmt.Errorf("%+v: want %d", item, last)
					}
					begin = item.Position
					if taken++; i%4 == 0 && taken == 100 {
						return stop
					}
					return nil
				})
				var closed *protocol.CloseError
				if err == stop || errors.As(err, &closed) && o.Policy == hub.Disconnect {
					continue
				}
				if err != nil {
					t.Errorf("policy %d: %v", o.Policy, err)
				}
				if last != topic.Position().Offset {
					t.Errorf("policy %d: ended at %d of %d", o.Policy, last, topic.Position().Offset)
				}
				return
			}
		})
	}
	for range 4 {
		publishers.Go(func() {
			for v := range 2000 {
				if _, err := topic.Publish(t.Context(), v); err != nil {
					t.Error(err)
				}
			}
		})
	}
	publishers.Wait()
	topic.Close()
	subscribers.Wait()
}
