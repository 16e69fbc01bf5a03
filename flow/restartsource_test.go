package flow_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
)

func ExampleRestartSource() {
	starts := 0
	settings := flow.RestartSettings{MinBackoff: time.Millisecond, OnFailuresOnly: true}
	prices := flow.RestartSource(settings, func(ctx context.Context) (flow.Source[int], error) {
		starts++
		switch starts { // of what dials, say
		case 1:
			return flow.Source[int]{}, errors.New("no route to host")
		case 2:
			return flow.Concat(flow.Of(1, 2), flow.Fail[int](errors.New("connection lost"))), nil
		default:
			return flow.Of(3), nil
		}
	})
	fmt.Println(flow.Collect(context.Background(), prices))
	// Output: [1 2 3] <nil>
}

// restartSoon restarts after a second, two, four and so on.
var restartSoon = flow.RestartSettings{MinBackoff: time.Second, MaxBackoff: time.Minute, RandomFactor: -1}

// restartAtOnce hardly waits.
var restartAtOnce = flow.RestartSettings{MinBackoff: 500 * time.Microsecond, MaxBackoff: 500 * time.Microsecond}

func restartOnce(s flow.RestartSettings) flow.RestartSettings {
	s.MaxRestarts, s.Within = 1, time.Hour
	return s
}

func TestRestartSourceKeepsTheLaws(t *testing.T) {
	of := func(s flow.RestartSettings, values ...int) func() ints {
		return func() ints {
			return flow.RestartSource(s, func(context.Context) (ints, error) { return flow.Async(flow.Of(values...)), nil })
		}
	}
	onFailures := restartAtOnce
	onFailures.OnFailuresOnly = true
	sourceKeepsTheLaws(t, of(onFailures, 1, 2), []int{1, 2})
	sourceKeepsTheLaws(t, of(restartOnce(restartAtOnce), 1, 2), []int{1, 2, 1, 2})
	sourceKeepsTheLaws(t, of(restartAtOnce, 1, 2), []int{1, 2, 1}, flowtest.Endless())
	sourceKeepsTheLaws(t, of(restartSoon), nil, flowtest.Endless())
}

func TestPanicInAFactoryTravels(t *testing.T) {
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.Merge(in, flow.RestartSource(restartAtOnce, func(context.Context) (ints, error) {
			leave()
			return ints{}, nil
		}))
	})
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.RestartFlow(restartAtOnce, func(context.Context) (flow.Flow[int, int], error) {
			leave()
			return nil, nil
		})(in)
	})
}

func TestRestartSourceRestartsWhatHasEnded(t *testing.T) {
	onFailures, notThat := restartSoon, restartSoon
	onFailures.OnFailuresOnly = true
	errOther := errors.New("other")
	notThat.RestartOn = func(err error) bool { return err != errOther }
	for _, test := range []struct {
		name     string
		settings flow.RestartSettings
		first    ints
		err      error // of the factory
		want     error
		restarts int
	}{
		{"complete", restartOnce(restartSoon), flow.Empty[int](), nil, nil, 1},
		{"complete, restarted on failures only", restartOnce(onFailures), flow.Empty[int](), nil, nil, 0},
		{"failed", restartOnce(onFailures), flow.Fail[int](errTest), nil, errTest, 1},
		{"not made", restartOnce(onFailures), flow.Empty[int](), errTest, errTest, 1},
		{"failed with what is no reason", restartOnce(notThat), flow.Fail[int](errOther), nil, errOther, 0},
		{"failed with a reason", restartOnce(notThat), flow.Fail[int](errTest), nil, errTest, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start, starts := time.Now(), 0
				_, err := flow.Collect(t.Context(), flow.RestartSource(test.settings, func(context.Context) (ints, error) {
					starts++
					return test.first, test.err
				}))
				require.Equal(t, test.want, err)
				require.Equal(t, test.restarts, starts-1)
				require.Equal(t, time.Duration(test.restarts)*time.Second, time.Since(start))
			})
		})
	}
}

// Whatever has lasted for Within is a success, and forgets what was before.
func TestBackoffBeginsAnewAfterARunThatLasts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		settings := restartSoon
		settings.Within = time.Minute
		settings.MaxRestarts = 2
		lasts := []time.Duration{0, 59 * time.Second, time.Minute, 0, 0}
		var waits []time.Duration
		var ended time.Time
		starts := 0
		_, err := flow.Collect(t.Context(), flow.RestartSource(settings, func(context.Context) (ints, error) {
			if starts > 0 {
				waits = append(waits, time.Since(ended))
			}
			time.Sleep(lasts[starts])
			starts++
			ended = time.Now()
			return ints{}, errTest
		}))
		require.Equal(t, errTest, err)
		require.Equal(t, []time.Duration{1 * time.Second, 2 * time.Second, 1 * time.Second, 2 * time.Second}, waits)
	})
}

func TestWaitForARestartIsCancelledAtOnce(t *testing.T) {
	hours := flow.RestartSettings{MinBackoff: 24 * time.Hour, MaxBackoff: 24 * time.Hour}
	source := func(context.Context) (ints, error) { return flow.Of(1), nil }
	pass := func(context.Context) (flow.Flow[int, int], error) {
		return func(in ints) ints { return flow.Take(in, 1) }, nil
	}
	in := flow.Concat(flow.Of(1), flow.Never[int]())
	for name, waiting := range map[string]ints{
		"source": flow.RestartSource(hours, source),
		"flow":   flow.RestartFlow(hours, pass)(in),
		"retry":  flow.TryMap(in, flow.Retry(hours, func(context.Context, int) (int, error) { return 0, errTest })),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(time.Second, func() { cancel(errTest) })
				_, err := flow.Collect(ctx, waiting)
				require.Equal(t, errTest, err)
				require.Equal(t, time.Second, time.Since(start))
			})
		})
		t.Run(name+", stopped by what follows", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				// The other side of the pair ends after a second.
				late := flow.NewSink("late", func(ctx context.Context, _ flow.Source[int]) (int, error) {
					time.Sleep(time.Second)
					return 0, errTest
				})
				_, err := flow.Collect(t.Context(), flow.FromSinkAndSource(late, waiting)(flow.Never[int]()))
				require.Equal(t, errTest, err)
				require.Equal(t, time.Second, time.Since(start))
			})
		})
	}
}

func TestPanicInARestartedSourceTravels(t *testing.T) {
	require.PanicsWithError(t, "flow: panic: oops", func() {
		_, _ = flow.Collect(t.Context(), flow.RestartSource(restartSoon, func(context.Context) (ints, error) {
			return flow.Map(flow.Of(1), func(int) int { panic("oops") }), nil
		}))
	})
}

func BenchmarkRestartSource(b *testing.B) {
	benchmark(b, func(in ints) ints {
		settings := flow.RestartSettings{OnFailuresOnly: true}
		return flow.RestartSource(settings, func(context.Context) (ints, error) { return in, nil })
	})
}
