package flow_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleOnComplete() {
	gone := flow.OnComplete[int](func(err error) { fmt.Println("ended with", err) })
	_, _ = gone.Run(context.Background(), flow.Of(1, 2))
	// Output: ended with <nil>
}

func TestOnCompleteIsCalledOnceWithWhatTheStreamEndedWith(t *testing.T) {
	cancelled, cancel := context.WithCancelCause(t.Context())
	cancel(errTest)
	for _, test := range []struct {
		name string
		ctx  context.Context
		in   ints
		want error
	}{
		{"complete", t.Context(), flow.Of(1, 2), nil},
		{"complete elsewhere", t.Context(), flow.Async(flow.Of(1, 2)), nil},
		{"failed", t.Context(), flow.Concat(flow.Of(1), flow.Fail[int](errTest)), errTest},
		{"cancelled", cancelled, flow.Of(1, 2), errTest},
	} {
		t.Run(test.name, func(t *testing.T) {
			var ends []error
			_, err := flow.OnComplete[int](func(err error) { ends = append(ends, err) }).Run(test.ctx, test.in)
			require.Equal(t, test.want, err)
			require.Equal(t, []error{test.want}, ends)
		})
	}
}

func TestOnCompleteSeesAPanic(t *testing.T) {
	var seen *flow.PanicError
	sink := flow.OnComplete[int](func(err error) { _ = errors.As(err, &seen) })
	require.Panics(t, func() { _, _ = sink.Run(t.Context(), flow.Map(flow.Of(1), func(int) int { panic("oops") })) })
	require.Equal(t, "oops", seen.Value)
}

func TestPanicOfOnCompletePanicsInItsRun(t *testing.T) {
	for _, in := range []ints{flow.Of(1), flow.Async(flow.Of(1)), flow.Fail[int](errTest)} {
		require.Panics(t, func() {
			_, _ = flow.OnComplete[int](func(error) { panic("oops") }).Run(t.Context(), in)
		})
	}
}

func BenchmarkOnComplete(b *testing.B) { benchmarkSink(b, flow.OnComplete[int](func(error) {})) }
