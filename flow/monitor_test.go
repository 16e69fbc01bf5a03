package flow_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleMonitor() {
	var p flow.Progress
	numbers := flow.Monitor(flow.Of(1, 2, 3), &p)
	for range 2 {
		_, _ = flow.Collect(context.Background(), numbers)
	}
	fmt.Println(p.Started(), p.Running(), p.Completed(), p.Values())
	// Output: 2 0 2 6
}

func TestMonitorKeepsTheLaws(t *testing.T) {
	var p flow.Progress
	monitored := func(in ints) ints { return flow.Monitor(in, &p) }
	keepsTheLaws(t, monitored, []int{1, 2, 3}, []int{1, 2, 3})
	keepsTheLaws(t, monitored, nil, nil)
	require.Zero(t, p.Running())
	require.Equal(t, p.Started(), p.Completed()+p.Stopped()+p.Failed())
}

func TestMonitorTellsHowRunsHaveEnded(t *testing.T) {
	var p flow.Progress
	run := func(ctx context.Context, in ints, emit func(int) error) {
		defer func() { _ = recover() }()
		_ = flow.Monitor(in, &p).Run(ctx, emit)
	}
	var within int64
	take := func(int) error { within = p.Running(); return nil }
	stop := func(int) error { return errTest }
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()

	run(t.Context(), flow.Of(1, 2), take)
	require.EqualValues(t, 1, within)
	require.EqualValues(t, 1, p.Completed())
	require.EqualValues(t, 2, p.Values())
	run(t.Context(), flow.Of(1, 2), stop)
	run(cancelled, flow.Of(1, 2), take)
	require.EqualValues(t, 2, p.Stopped())
	require.NoError(t, p.Err())
	run(t.Context(), flow.Fail[int](errTest), take)
	require.EqualValues(t, 1, p.Failed())
	require.Equal(t, errTest, p.Err())
	run(t.Context(), flow.Of(1), func(int) error { panic("oops") })
	require.EqualValues(t, 2, p.Failed())
	require.ErrorContains(t, p.Err(), "oops")
	run(t.Context(), flow.NewSource("", func(context.Context, func(int) error, func(error)) { panic("oops") }), take)
	require.EqualValues(t, 3, p.Failed())
	require.EqualValues(t, 6, p.Started())
	require.Zero(t, p.Running())
}

func TestMonitorCostsNoAllocation(t *testing.T) {
	require.Zero(t, allocations(func(in ints) ints { return flow.Monitor(in, new(flow.Progress)) }))
}

func TestMonitorNeedsAProgress(t *testing.T) {
	require.Panics(t, func() { flow.Monitor(flow.Of(1), nil) })
}

func BenchmarkMonitor(b *testing.B) {
	benchmark(b, func(in ints) ints { return flow.Monitor(in, new(flow.Progress)) })
}
