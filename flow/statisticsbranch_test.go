package flow_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

// Each flow of a fan-out has an input of its own, which is described as what feeds them all. It is one stage all the
// same.
func TestWhatFeedsAFanOutIsCountedOnce(t *testing.T) {
	slowly := func(in ints) ints { return flow.TryMap(in, takesTime(2*time.Second)) }
	for name, fanOut := range map[string]flow.Flow[int, int]{
		"Broadcast": func(in ints) ints { return flow.Broadcast(in, slowly, mapped) },
		"itself":    func(in ints) ints { return flow.Broadcast(in, slowly, func(in ints) ints { return in }) },
		"AlsoTo":    func(in ints) ints { return flow.AlsoTo(slowly(in), flow.Ignore[int]()) },
		"Partition": func(in ints) ints {
			return flow.Partition(in, func(v int) int { return v % 2 }, slowly, mapped)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				in := flow.Of(1, 2, 3, 4, 5)
				ctx, stats := flow.WithStatistics(t.Context())
				out := fanOut(in)
				_, err := flow.Collect(ctx, out)
				require.NoError(t, err)
				of := stats.Of(flow.Describe(in))
				require.EqualValues(t, 1, of.Started)
				require.EqualValues(t, 5, of.Values)
				require.Equal(t, of.Lived, of.InEmit)
				for n, s := range stats.Snapshot(flow.Describe(out)) {
					if n.Name == "TryMap" {
						require.EqualValues(t, 1, s.Started)
						require.Equal(t, of.Lived, s.Own, "by what it was fed")
					}
				}
			})
		})
	}
}

func TestStatisticsOutliveANodeThatIsNil(t *testing.T) {
	in := flow.Of(1)
	source := flow.FromFunc(func(ctx context.Context, emit func(int) error) error {
		return in.Run(ctx, emit)
	}).Named("mine", nil, flow.Describe(in))
	ctx, stats := flow.WithStatistics(t.Context())
	_, err := flow.Collect(ctx, source)
	require.NoError(t, err)
	require.Len(t, stats.Snapshot(flow.Describe(source)), 2)
	require.Empty(t, stats.Snapshot(nil))
}
