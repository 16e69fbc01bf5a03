package gostreams_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"

	gsflow "github.com/reugn/go-streams/flow"
	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/gostreams"
)

func ExampleAsSink() {
	ctx := context.Background()
	sum := gostreams.AsSink(ctx, flow.Fold(0, func(sum, v int) int { return sum + v }))
	gostreams.AsSource(ctx, flow.Of(1, 2, 3)).Via(gsflow.NewMap(tenfold, 1)).To(sum)
	fmt.Println(sum.Result())
	// Output: 60 <nil>
}

func TestInletThatHasItsResultDropsWhatStillComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		head := gostreams.AsSink(t.Context(), flow.Head[int]())
		giving(t.Context(), 1, 2, 3).Via(gsflow.NewPassThrough()).To(head)
		got, err := head.Result()
		require.NoError(t, err)
		require.Equal(t, 1, got)
	})
}

func TestInletHasTheErrorOfItsSink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failing := gostreams.AsSink(t.Context(), flow.NewSink("failing", func(ctx context.Context, in ints) (int, error) {
			return 7, in.Run(ctx, func(int) error { return errTest })
		}))
		giving(t.Context(), 1, 2).Via(gsflow.NewPassThrough()).To(failing)
		got, err := failing.Result()
		require.Equal(t, errTest, err)
		require.Equal(t, 7, got)

		var p *flow.PanicError
		panicking := gostreams.AsSink(t.Context(), flow.ForEach(func(context.Context, int) error { panic("oops") }))
		giving(t.Context(), 1, 2).Via(gsflow.NewPassThrough()).To(panicking)
		_, err = panicking.Result()
		require.ErrorAs(t, err, &p)
	})
}

func TestCancellingEndsAnInlet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		inlet := gostreams.AsSink(ctx, flow.ToSlice[int]())
		inlet.In() <- 1
		cancel(errTest)
		inlet.AwaitCompletion()
		got, err := inlet.Result()
		require.Equal(t, errTest, err)
		require.LessOrEqual(t, len(got), 1)
		close(inlet.In())
	})
}
