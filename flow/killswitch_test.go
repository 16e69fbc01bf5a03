package flow_test

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
)

func ExampleKillable() {
	var k flow.KillSwitch
	numbers := flow.Killable(flow.FromSeq(upTo(1000)), &k)
	err := numbers.Run(context.Background(), func(v int) error {
		fmt.Println(v)
		if v == 2 {
			k.Shutdown() // from anywhere
		}
		return nil
	})
	fmt.Println(err)
	// Output:
	// 0
	// 1
	// 2
	// <nil>
}

// One switch for both directions of a handler.
func ExampleKillSwitch() {
	var k flow.KillSwitch
	echo := func(in flow.Source[string]) flow.Source[string] {
		return flow.Map(in, func(s string) string { return "you said " + s })
	}
	killable := func(in flow.Source[string]) flow.Source[string] {
		return flow.Killable(echo(flow.Killable(in, &k)), &k)
	}
	waiting := flow.Concat(flow.Of("hello"), flow.Never[string]())
	err := killable(waiting).Run(context.Background(), func(s string) error {
		fmt.Println(s)
		k.Abort(errors.New("the room is closed"))
		return nil
	})
	fmt.Println(err)
	// Output:
	// you said hello
	// the room is closed
}

func TestKillableKeepsTheLaws(t *testing.T) {
	killable := func(in ints) ints { return flow.Killable(in, new(flow.KillSwitch)) }
	keepsTheLaws(t, killable, []int{1, 2, 3}, []int{1, 2, 3})
	keepsTheLaws(t, killable, nil, nil)
	keepsTheLaws(t, func(in ints) ints {
		var k flow.KillSwitch
		return flow.Map(flow.Killable(in, &k), func(v int) int {
			if v == 2 {
				k.Shutdown()
			}
			return v
		})
	}, []int{1, 2, 3}, []int{1, 2}, flowtest.Lossy()) // in a second run it is thrown already
}

func TestThrownSwitchEndsStreamsThatWait(t *testing.T) {
	deaf := flow.FromFunc(func(ctx context.Context, _ func(int) error) error {
		<-ctx.Done()
		time.Sleep(time.Second) // it takes a while to end
		return errors.New("an error of its own")
	})
	for _, want := range []error{nil, errTest} {
		synctest.Test(t, func(t *testing.T) {
			var k flow.KillSwitch
			start := time.Now()
			time.AfterFunc(time.Hour, func() { k.Abort(want) })
			var runs sync.WaitGroup
			for _, in := range []ints{flow.Never[int](), flow.Async(flow.Never[int]()), deaf} {
				runs.Go(func() {
					_, err := flow.Collect(t.Context(), flow.Killable(in, &k))
					if err != want {
						t.Errorf("ends with %v, want %v", err, want)
					}
				})
			}
			runs.Wait()
			require.Equal(t, time.Hour+time.Second, time.Since(start)) // the run ends when its input has
		})
	}
}

func TestThrownSwitchEndsStreamsThatAreStartedLater(t *testing.T) {
	var k flow.KillSwitch
	k.Abort(errTest)
	k.Abort(errors.New("too late"))
	k.Shutdown()
	failing := flow.Fail[int](errors.New("its own"))
	for _, in := range []ints{flow.Of(1), flow.Never[int](), flow.Empty[int](), flow.Async(flow.Of(1)), failing} {
		values, err := flow.Collect(t.Context(), flow.Killable(in, &k))
		require.Equal(t, errTest, err)
		require.Empty(t, values)
	}
	q := flow.NewQueue[int](1)
	_, err := flow.Collect(t.Context(), flow.Killable(q.Source(), &k))
	require.Equal(t, errTest, err)
	require.Equal(t, flow.Closed, q.Offer(1)) // it has been started, and let go
}

func TestWhatEndsAStreamBeforeTheSwitchCounts(t *testing.T) {
	t.Run("emit says stop", func(t *testing.T) {
		var k flow.KillSwitch
		err := flow.Killable(flow.Of(1, 2), &k).Run(t.Context(), func(int) error {
			k.Shutdown()
			return errTest
		})
		require.Equal(t, errTest, err)
	})
	t.Run("the run is cancelled", func(t *testing.T) {
		var k flow.KillSwitch
		ctx, cancel := context.WithCancelCause(t.Context())
		err := flow.Killable(flow.Of(1, 2), &k).Run(ctx, func(int) error {
			cancel(errTest)
			k.Shutdown()
			return nil
		})
		require.Equal(t, errTest, err)
	})
	t.Run("a panic", func(t *testing.T) {
		var k flow.KillSwitch
		require.Panics(t, func() {
			_, _ = flow.Collect(t.Context(), flow.Killable(flow.Map(flow.Of(1), func(int) int {
				k.Shutdown()
				panic("oops")
			}), &k))
		})
	})
}

func TestManyStreamsAndASwitchAtAnyTime(t *testing.T) {
	for range 50 {
		var k flow.KillSwitch
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				last := -1
				err := flow.Killable(flow.Async(flow.FromSeq(upTo(1000))), &k).Run(t.Context(), func(v int) error {
					if v != last+1 {
						t.Errorf("%d after %d", v, last)
					}
					last = v
					return nil
				})
				if err != nil && err != errTest {
					t.Error(err)
				}
			})
		}
		all.Go(func() { k.Abort(errTest) })
		all.Wait()
	}
}

func TestKillableCostsNoAllocation(t *testing.T) {
	require.Zero(t, allocations(func(in ints) ints { return flow.Killable(in, new(flow.KillSwitch)) }))
}

func TestKillableNeedsASwitch(t *testing.T) {
	require.Panics(t, func() { flow.Killable(flow.Of(1), nil) })
}

func BenchmarkKillable(b *testing.B) {
	benchmark(b, func(in ints) ints { return flow.Killable(in, new(flow.KillSwitch)) })
}
