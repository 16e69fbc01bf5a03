package flow_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
)

func ExampleFuture() {
	user := flow.Future(func(context.Context) (string, error) { return "Ada", nil }) // of a database, say
	fmt.Println(flow.Collect(context.Background(), user))
	// Output: [Ada] <nil>
}

func TestFutureKeepsTheLaws(t *testing.T) {
	sourceKeepsTheLaws(t, func() ints {
		return flow.Future(func(context.Context) (int, error) { return 1, nil })
	}, []int{1})
	sourceKeepsTheLaws(t, func() ints {
		return flow.Future(func(ctx context.Context) (int, error) {
			<-ctx.Done()
			return 0, ctx.Err()
		})
	}, nil, flowtest.Endless())
	panicsTravel(t, func(_ ints, leave func()) ints {
		return flow.Future(func(context.Context) (int, error) {
			leave()
			return 1, nil
		})
	})
}

func TestFutureIsMadeByEachRun(t *testing.T) {
	made := 0
	source := flow.Future(func(context.Context) (int, error) {
		if made++; made == 3 {
			return 0, errTest
		}
		return made, nil
	})
	require.Zero(t, made)
	for want := 1; want < 3; want++ {
		values, err := flow.Collect(t.Context(), source)
		require.NoError(t, err)
		require.Equal(t, []int{want}, values)
	}
	values, err := flow.Collect(t.Context(), source)
	require.Equal(t, errTest, err)
	require.Empty(t, values)
}

func BenchmarkFuture(b *testing.B) {
	b.ReportAllocs()
	source := flow.Future(func(context.Context) (int, error) { return 1, nil })
	for b.Loop() {
		_ = source.Run(b.Context(), func(int) error { return nil })
	}
}
