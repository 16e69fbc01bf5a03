package hub_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
	"github.com/wsflow/wsflow/hub"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

func ExampleTopics_Flow() {
	rooms := hub.NewTopics[string, string](hub.TopicsSettings[string]{})
	room := rooms.Flow("go", hub.Options{})

	said := flow.Concat(flow.Of("hello", "anybody?"), flow.Never[string]())
	heard, err := flow.Collect(context.Background(), flow.Take(hub.Values(room(said)), 2))
	fmt.Println(heard, err)
	// Output: [hello anybody?] <nil>
}

// An ender is a hub of which only the end matters.
type ender interface {
	Fail(err error)
	Drain(ctx context.Context) error
}

// joins are the ways to a flow, each over a hub of its own.
func joins(o hub.Options) map[string]func() (flow.Flow[int, hub.Item[int]], ender) {
	return map[string]func() (flow.Flow[int, hub.Item[int]], ender){
		"Topic": func() (flow.Flow[int, hub.Item[int]], ender) {
			t := hub.NewTopic(hub.Settings[int]{})
			return t.Flow(o), t
		},
		"Topics": func() (flow.Flow[int, hub.Item[int]], ender) {
			t := hub.NewTopics[string, int](hub.TopicsSettings[int]{})
			return t.Flow("go", o), t
		},
	}
}

func TestFlowKeepsTheLaws(t *testing.T) {
	for name, join := range joins(hub.Options{}) {
		t.Run(name, func(t *testing.T) {
			f := func(in ints) ints { // a hub for each run: else those at once hear each other
				return flow.Lazy(func(context.Context) (ints, error) {
					f, _ := join()
					return hub.Values(f(in)), nil
				})
			}
			for _, in := range [][]int{nil, {1}, {1, 2, 3}} {
				require.NoError(t, flowtest.TestFlow(f, in, in, flowtest.Lossy()))
			}
			require.NoError(t, flowtest.TestPanic(func(in ints) ints {
				return f(flow.Map(in, func(int) int { panic("oops") }))
			}, []int{1}))
		})
	}
}

func TestFlowHearsItsOwnFirstValue(t *testing.T) {
	for name, join := range joins(hub.Options{}) {
		for range 200 {
			f, _ := join()
			got, err := flow.Collect(t.Context(), flow.Take(f(flow.Concat(flow.Of(7), flow.Never[int]())), 1))
			require.NoError(t, err, name)
			require.Equal(t, []int{7}, valuesOf(got), name)
		}
	}
}

func TestFlowDeliversWhatWasPublishedBeforeTheEnd(t *testing.T) {
	for name, join := range joins(hub.Options{}) {
		for _, end := range []error{nil, errTest} {
			t.Run(fmt.Sprint(name, " with ", end), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					f, h := join()
					said := make(chan int)
					s := run(t, f(flow.FromChan(said)))
					for v := range 100 {
						said <- v
					}
					synctest.Wait()
					h.Fail(end)
					drained := later(func() error { return h.Drain(t.Context()) })
					said <- 100 // is dropped
					said <- 101
					require.True(t, s.isRunning())
					require.True(t, isWaiting(drained))
					require.Equal(t, slices.Collect(upTo(100)), valuesOf(s.values()))
					require.NoError(t, <-drained)
					require.Equal(t, end, s.end(t))
				})
			})
		}
	}
}

func TestFlowEndsWithItsInput(t *testing.T) {
	for name, join := range joins(hub.Options{}) {
		for _, end := range []error{nil, errTest} {
			t.Run(fmt.Sprint(name, " with ", end), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					f, h := join()
					in := flow.FromFunc(func(ctx context.Context, emit func(int) error) error {
						err := flow.Of(1, 2).Run(ctx, emit)
						time.Sleep(time.Second)
						return cmp.Or(err, end)
					})
					start := time.Now()
					got, err := flow.Collect(t.Context(), f(in))
					require.Equal(t, end, err)
					require.Equal(t, []int{1, 2}, valuesOf(got))
					require.Equal(t, time.Second, time.Since(start))
					require.NoError(t, h.Drain(t.Context()))
				})
			})
		}
	}
}

func TestFlowOfAHubThatHasEnded(t *testing.T) {
	for name, join := range joins(hub.Options{}) {
		for _, end := range []error{nil, errTest} {
			f, h := join()
			h.Fail(end)
			got, err := flow.Collect(t.Context(), f(flow.Never[int]()))
			require.Equal(t, end, err, name)
			require.Empty(t, got, name)
		}
	}
}

func TestFlowOfASubscriberThatIsDisconnectedCancelsItsInput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topic := hub.NewTopic(hub.Settings[int]{Log: 2})
		var cancelled error
		in := flow.FromFunc(func(ctx context.Context, _ func(int) error) error {
			<-ctx.Done()
			cancelled = context.Cause(ctx)
			return cancelled
		})
		s := run(t, topic.Flow(hub.Options{})(in))
		publish(t, topic, 1, 2, 3, 4)
		s.release()
		tooSlow := &upgrade.CloseError{Code: 1013, Reason: "too slow"}
		require.Equal(t, tooSlow, s.end(t))
		require.Equal(t, tooSlow, cancelled)
		require.Zero(t, topic.Subscribers())
	})
}

// An input that takes its time to end holds no publisher up.
func TestFlowThatIsOverLeavesBeforeItsInputHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topic := hub.NewTopic(hub.Settings[int]{})
		in := flow.FromFunc(func(ctx context.Context, _ func(int) error) error {
			<-ctx.Done()
			time.Sleep(time.Hour)
			return context.Cause(ctx)
		})
		s := run(t, topic.Flow(hub.Options{Policy: hub.Backpressure, Buffer: 1})(in))
		publish(t, topic, 1)
		s.permit <- errTest
		publish(t, topic, 2, 3, 4)
		require.Zero(t, topic.Subscribers())
		require.True(t, s.isRunning())
		time.Sleep(time.Hour)
		require.Equal(t, errTest, s.end(t))
	})
}

func TestFlowRefusesWhatAHubDoes(t *testing.T) {
	rooms := hub.NewTopics[string, message.Message](hub.TopicsSettings[message.Message]{})
	in := flow.Concat(flow.Of(message.TextStream(flow.Of("a"))), flow.Never[message.Message]())
	_, err := flow.Collect(t.Context(), rooms.Flow("go", hub.Options{})(in))
	require.ErrorIs(t, err, hub.ErrStreamed)
	require.Panics(t, func() { rooms.Flow("go", hub.Options{Policy: hub.Conflate}) })
	require.Panics(t, func() { hub.NewTopic(hub.Settings[int]{}).Flow(hub.Options{Buffer: -1}) })
	require.Zero(t, rooms.Len())
}

func TestFlowIsAStageOfTheGraph(t *testing.T) {
	for name, join := range joins(hub.Options{}) {
		f, _ := join()
		require.Equal(t, name+"\n  Of\n", flow.Describe(f(flow.Of(1))).String())
	}
}

// What was said before the shutdown is heard by who is a little slow, also where it is merged with what has no end of
// its own, and its client goes on talking.
func TestAllLinesArriveAtShutdown(t *testing.T) {
	for name, c := range map[string]struct {
		end  error
		code upgrade.CloseCode
	}{
		"close": {nil, 1000},
		"fail":  {&upgrade.CloseError{Code: 1012, Reason: "restart"}, 1012},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rooms := hub.NewTopics[string, string](hub.TopicsSettings[string]{})
				members := hub.NewPresence[string, string, int]()
				handler := message.TextOnly(func(in flow.Source[string]) flow.Source[string] {
					who := flow.Map(members.Watch("go"), func(c hub.Change[string, int]) string { return c.Kind.String() + " " + c.ID })
					heard := hub.Values(rooms.Flow("go", hub.Options{})(in))
					return hub.Present(flow.MergeWhile(heard, who), members, "go", "Ada", 0)
				})
				ws := &upgrade.Upgrader{}
				server := wstest.NewServer(t, ws.Handler(handler), wstest.Wire{Buffer: 1 << 10})
				slow := server.Peer("/")
				slow.ExpectText("Joined Ada")
				line := func(n int) string { return strings.Repeat("x", 1000) + fmt.Sprint(n) }
				slow.WriteText(line(0))
				synctest.Wait()
				for n := 1; n < 100; n++ {
					_, err := rooms.Publish(t.Context(), "go", line(n))
					require.NoError(t, err)
				}
				rooms.Fail(c.end)
				drained := later(func() error { return rooms.Drain(t.Context()) })
				require.True(t, isWaiting(drained))
				slow.WriteText("too late")
				for n := range 100 {
					slow.ExpectText(line(n))
				}
				slow.ExpectClose(c.code)
				require.NoError(t, <-drained)
			})
		})
	}
}

func TestThereAreNoMoreTopicsThanMax(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rooms := hub.NewTopics[string, int](hub.TopicsSettings[int]{Max: 2, Keep: time.Minute})
		a := run(t, rooms.Flow("a", hub.Options{})(flow.Never[int]()))
		_, err := rooms.Publish(t.Context(), "b", 1)
		require.NoError(t, err)

		_, err = rooms.Publish(t.Context(), "c", 1)
		require.ErrorIs(t, err, hub.ErrTooManyTopics)
		_, err = rooms.Sink("c").Run(t.Context(), flow.Of(1))
		require.ErrorIs(t, err, hub.ErrTooManyTopics)
		require.ErrorIs(t, run(t, rooms.Subscribe("c", hub.Options{})).end(t), hub.ErrTooManyTopics)
		require.ErrorIs(t, run(t, rooms.Flow("c", hub.Options{})(flow.Never[int]())).end(t), hub.ErrTooManyTopics)
		names := rooms.Names()
		slices.Sort(names)
		require.Equal(t, []string{"a", "b"}, names)

		_, err = rooms.Publish(t.Context(), "a", 1)
		require.NoError(t, err)
		require.Len(t, a.values(), 1)
		time.Sleep(time.Minute + 1) // b goes
		_, err = rooms.Publish(t.Context(), "c", 1)
		require.NoError(t, err)
		rooms.Close()
		_, err = rooms.Publish(t.Context(), "d", 1)
		require.True(t, errors.Is(err, hub.ErrClosed), err)
		require.Panics(t, func() { hub.NewTopics[string, int](hub.TopicsSettings[int]{Max: -1}) })
	})
}
