package gostreams_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	gsflow "github.com/reugn/go-streams/flow"
	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/gostreams"
)

func ExampleAsFlow() {
	ctx := context.Background()
	pairs := gostreams.AsFlow(ctx, func(in flow.Source[int]) flow.Source[[]int] { return flow.Grouped(in, 2) })
	chain := gostreams.AsSource(ctx, flow.Of(1, 2, 3)).Via(gsflow.NewMap(tenfold, 1)).Via(pairs)
	for v := range chain.Out() {
		fmt.Println(v)
	}
	// Output:
	// [10 20]
	// [30]
}

func TestStageIsAnOperatorAmongTheirs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCollecting()
		giving(t.Context(), 1, 2, 3).
			Via(gostreams.AsFlow(t.Context(), func(in ints) ints { return flow.Drop(in, 1) })).
			Via(gsflow.NewMap(tenfold, 1)).
			Via(gostreams.AsFlow(t.Context(), same)).
			To(c)
		require.Equal(t, []any{20, 30}, c.got)
	})
}

func TestStageThatEndsEarlyDropsWhatStillComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := giving(t.Context(), 1, 2, 3, 4, 5)
		stage := gostreams.AsFlow(t.Context(), func(in ints) ints { return flow.Take(in, 2) })
		c := newCollecting()
		src.Via(stage).To(c)
		require.Equal(t, []any{1, 2}, c.got)
		require.NoError(t, stage.Err())
		synctest.Wait()
		_, open := <-src.Out()
		require.False(t, open, "the source has given all it had")
	})
}

func TestStageClosesItsOutputWhateverItEndsWith(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p *flow.PanicError
		for _, test := range []struct {
			name string
			f    flow.Flow[int, int]
			is   func(error)
		}{
			{"failed", func(in ints) ints { return flow.Concat(flow.Take(in, 1), flow.Fail[int](errTest)) }, func(err error) { require.Equal(t, errTest, err) }},
			{"panics", func(in ints) ints { return flow.Map(in, func(int) int { panic("oops") }) }, func(err error) { require.ErrorAs(t, err, &p) }},
			{"input run twice", func(in ints) ints { return flow.Concat(in, in) }, func(err error) { require.ErrorIs(t, err, flow.ErrConsumed) }},
			{"asynchronous", flow.Async[int], func(err error) { require.NoError(t, err) }},
		} {
			stage := gostreams.AsFlow(t.Context(), test.f)
			giving(t.Context(), 1, 2, 3).Via(stage).To(newCollecting())
			test.is(stage.Err())
		}
	})
}

func TestCancellingEndsAStage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		stage := gostreams.AsFlow(ctx, same)
		stage.In() <- 1 // which nobody takes
		synctest.Wait()
		require.NoError(t, stage.Err(), "it is still at work")
		cancel(errTest)
		for range stage.Out() {
		}
		require.Equal(t, errTest, stage.Err())
		close(stage.In())
	})
}

func TestSlowConsumerStopsOurStreamsInTheirGraph(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var given atomic.Int64
		numbers := flow.Map(flow.FromSeq(upTo(100)), func(v int) int {
			given.Add(1)
			return v
		})
		var taken, most int64
		slow := gostreams.AsSink(t.Context(), flow.ForEach(func(context.Context, int) error {
			taken++
			time.Sleep(time.Second) // everything else has come to rest
			most = max(most, given.Load()-taken)
			return nil
		}))
		gostreams.AsSource(t.Context(), numbers).Via(gostreams.AsFlow(t.Context(), same)).To(slow)
		_, err := slow.Result()
		require.NoError(t, err)
		require.EqualValues(t, 100, taken)
		require.EqualValues(t, 4, most)
	})
}
