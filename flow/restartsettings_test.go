package flow_test

import (
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

// restartsAt runs a source that fails at once, again and again, and returns the waits between its starts.
func restartsAt(t *testing.T, s flow.RestartSettings, starts int) (waits []time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var last time.Time
		failing := flow.RestartSource(s, func(context.Context) (ints, error) {
			if !last.IsZero() {
				waits = append(waits, time.Since(last))
			}
			last = time.Now()
			if starts--; starts == 0 {
				return flow.Never[int](), nil
			}
			return flow.Fail[int](errTest), nil
		})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(1000*time.Hour, cancel)
		_, _ = flow.Collect(ctx, failing)
	})
	return waits
}

func TestBackoffIsExponentialWithALimitAndJitter(t *testing.T) {
	half := func() float64 { return 0.5 }
	for name, test := range map[string]struct {
		settings flow.RestartSettings
		want     []time.Duration // in milliseconds
	}{
		"zero settings, with half of the jitter": {flow.RestartSettings{Rand: half}, []time.Duration{1100, 2200, 4400, 8800, 17600, 33000, 33000}},
		"no jitter":                              {flow.RestartSettings{RandomFactor: -1}, []time.Duration{1000, 2000, 4000, 8000, 16000, 30000, 30000}},
		"all settings": {
			flow.RestartSettings{MinBackoff: 100 * time.Millisecond, MaxBackoff: 350 * time.Millisecond, RandomFactor: 1, Rand: half},
			[]time.Duration{150, 300, 525, 525, 525, 525, 525},
		},
		"a long minimum":  {flow.RestartSettings{MinBackoff: time.Minute, RandomFactor: -1}, []time.Duration{60000, 60000, 60000}},
		"a short maximum": {flow.RestartSettings{MaxBackoff: time.Millisecond, RandomFactor: -1}, []time.Duration{1, 1, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			waits := restartsAt(t, test.settings, len(test.want)+1)
			for i := range waits {
				waits[i] /= time.Millisecond
			}
			require.Equal(t, test.want, waits)
		})
	}
}

func TestZeroSettingsAddUpToAFifth(t *testing.T) {
	for i, wait := range restartsAt(t, flow.RestartSettings{}, 4) {
		least := time.Second << i
		require.GreaterOrEqual(t, wait, least)
		require.Less(t, wait, least+least/5)
	}
}

func TestLongestBackoffDoesNotOverflow(t *testing.T) {
	forever := flow.RestartSettings{MinBackoff: math.MaxInt64 - 1, MaxBackoff: math.MaxInt64}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Hour, errTest)
		defer cancel()
		starts := 0
		_, err := flow.Collect(ctx, flow.RestartSource(forever, func(context.Context) (ints, error) {
			starts++
			return flow.Empty[int](), nil
		}))
		require.Equal(t, errTest, err)
		require.Equal(t, 1, starts)
	})
}

func TestRestartSettingsThatMakeNoSense(t *testing.T) {
	for name, s := range map[string]flow.RestartSettings{
		"flow: RestartSource with negative RestartSettings":             {Within: -1},
		"flow: RestartSource with a MaxBackoff of less than MinBackoff": {MinBackoff: 2, MaxBackoff: 1},
	} {
		require.PanicsWithValue(t, name, func() { flow.RestartSource(s, func(context.Context) (ints, error) { return ints{}, nil }) })
	}
	negative := flow.RestartSettings{MaxRestarts: -1}
	require.Panics(t, func() { flow.RestartFlow[int, int](negative, nil) })
	require.Panics(t, func() { flow.RestartSink[int, int](negative, nil) })
	require.Panics(t, func() { flow.Retry(negative, tenfold) })
}
