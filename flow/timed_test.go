package flow_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

// drawing runs a source and draws it as script does, each value at the time at which it was emitted. Taking the first
// values takes so many seconds as busy says, the others no time.
func drawing[T any](ctx context.Context, s flow.Source[T], busy ...float64) (drawn string, err error) {
	var b strings.Builder
	start := time.Now()
	now := func() string { return strconv.FormatFloat(time.Since(start).Seconds(), 'g', -1, 64) }
	err = s.Run(ctx, func(v T) error {
		fmt.Fprintf(&b, "%v@%s ", v, now())
		if len(busy) > 0 {
			time.Sleep(seconds(busy[0]))
			busy = busy[1:]
		}
		return nil
	})
	if err != nil {
		return b.String() + "X" + now(), err
	}
	return b.String() + "|" + now(), nil
}

// draws checks what a source does, in virtual time.
func draws[T any](t *testing.T, s flow.Source[T], want string, busy ...float64) {
	t.Helper()
	require.NoError(t, endOf(t, s, want, busy...))
}

// endOf is draws for a source that fails: it returns the error.
func endOf[T any](t *testing.T, s flow.Source[T], want string, busy ...float64) (err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		t.Helper()
		var got string
		got, err = drawing(t.Context(), s, busy...)
		require.Equal(t, want, got)
	})
	return err
}

// timedOut checks that a source fails with the TimeoutError of an operator.
func timedOut[T any](t *testing.T, operator string, after time.Duration, s flow.Source[T], want string, busy ...float64) {
	t.Helper()
	err := endOf(t, s, want, busy...)
	var timeout *flow.TimeoutError
	require.ErrorAs(t, err, &timeout)
	require.Equal(t, &flow.TimeoutError{Operator: operator, After: after}, timeout)
}

// stopsAt returns an emit that says stop at its value number n, from 0.
func stopsAt[T any](n int, stop error) func(T) error {
	return func(T) error {
		n--
		if n < 0 {
			return stop
		}
		return nil
	}
}

// An operator of two emitters, and one of each kind of timeout: what is true of each of them.
var timedFlows = map[string]flow.Flow[int, int]{
	"KeepAlive": func(in ints) ints { return flow.KeepAlive(in, time.Millisecond, func() int { return 0 }) },
	"Debounce":  func(in ints) ints { return flow.Debounce(in, time.Millisecond) },
	"GroupedWithin": func(in ints) ints {
		return flow.MapConcat(flow.GroupedWithin(in, 1000, time.Millisecond), func(group []int) []int { return group })
	},
}

func TestStopFromATimersEmitIsTheEnd(t *testing.T) {
	for name, f := range timedFlows {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				stop := errors.New("stop")
				err := f(script("1@0 2@5")).Run(t.Context(), stopsAt[int](1, stop))
				require.Equal(t, stop, err)
			})
		})
	}
}

func TestPanicInATimersEmitTravels(t *testing.T) {
	for name, f := range timedFlows {
		for _, leave := range []func(){exit, func() { panic("oops") }} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					ended := make(chan error, 1)
					start := time.Now()
					go f(script("1@0")).Start(t.Context(), func(int) error {
						if time.Since(start) > 0 {
							leave()
						}
						return nil
					}, func(err error) { ended <- err })
					var p *flow.PanicError
					require.ErrorAs(t, <-ended, &p)
				})
			})
		}
	}
}

func TestCancelledWhileATimerEmits(t *testing.T) {
	for name, f := range timedFlows {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				start := time.Now()
				n := 0
				err := f(script("1@0 2@3 |4")).Run(ctx, func(int) error {
					if n++; n == 2 {
						cancel(errTest)
						time.Sleep(time.Second) // the end waits for it
					}
					return nil
				})
				require.Equal(t, errTest, err)
				require.Equal(t, 2, n)
				require.GreaterOrEqual(t, time.Since(start), time.Second)
			})
		})
	}
}

// cancelledAt runs a source for so many seconds, and returns when it ended, and with what.
func cancelledAt(t *testing.T, s ints, after float64, busy ...float64) (ended float64, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(seconds(after), func() { cancel(errTest) })
		start := time.Now()
		_, err = drawing(ctx, s, busy...)
		ended = time.Since(start).Seconds()
	})
	return ended, err
}

func TestWhatWaitsForItsTimeCanBeCancelled(t *testing.T) {
	for name, s := range map[string]ints{
		"Throttle":     flow.Throttle(flow.FromSeq(upTo(5)), flow.Rate{N: 1, Per: time.Minute}),
		"Delay":        flow.Delay(flow.FromSeq(upTo(5)), time.Minute, 2, flow.Backpressure),
		"InitialDelay": flow.InitialDelay(flow.FromSeq(upTo(5)), time.Minute),
	} {
		ended, err := cancelledAt(t, s, 3)
		require.Equal(t, errTest, err, name)
		require.Equal(t, 3.0, ended, name)
	}
}

// What the alarm emits at 2 is taken until 12, and the input waits with its value, until it is cancelled.
func TestInputThatWaitsForATimersEmitCanBeCancelled(t *testing.T) {
	var gaveUp time.Duration
	in := flow.FromFunc(func(ctx context.Context, emit func(int) error) error {
		start := time.Now()
		defer func() { gaveUp = time.Since(start) }()
		return script("1@3 |4").Run(ctx, emit)
	})
	ended, err := cancelledAt(t, flow.KeepAlive(in, 2*time.Second, func() int { return 0 }), 5, 10)
	require.Equal(t, errTest, err)
	require.Equal(t, 12.0, ended)
	require.Equal(t, 5*time.Second, gaveUp)
}

// What is kept when a run is cancelled is lost, so it is not complete, even if the input says that it is.
func TestCancelledRunThatKeepsAValueIsNotComplete(t *testing.T) {
	in := flow.FromFunc(func(ctx context.Context, emit func(int) error) error {
		_ = emit(1)
		<-ctx.Done()
		return nil
	})
	_, err := cancelledAt(t, flow.Debounce(in, time.Minute), 5)
	require.Equal(t, errTest, err)
}

// A timer that comes at any point of a run, in real time: the race detector and the law checker look on.
func TestTimersAgainstFastInputs(t *testing.T) {
	for name, f := range map[string]flow.Flow[int, int]{
		"KeepAlive":   func(in ints) ints { return flow.KeepAlive(in, time.Microsecond, func() int { return -1 }) },
		"Debounce":    func(in ints) ints { return flow.Debounce(in, time.Microsecond) },
		"IdleTimeout": func(in ints) ints { return flow.IdleTimeout(in, time.Microsecond) },
		"GroupedWithin": func(in ints) ints {
			return flow.MapConcat(flow.GroupedWithin(in, 50, time.Microsecond), func(group []int) []int { return group })
		},
		"BackpressureTimeout": func(in ints) ints { return flow.BackpressureTimeout(in, time.Microsecond) },
		"CompletionTimeout":   func(in ints) ints { return flow.CompletionTimeout(in, 20*time.Microsecond) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 200 {
				last := -1
				err := f(flow.Async(flow.FromSeq(upTo(100)))).Run(t.Context(), func(v int) error {
					if v >= 0 && v <= last {
						t.Errorf("%d after %d", v, last)
					}
					last = max(last, v)
					return nil
				})
				var timeout *flow.TimeoutError
				if err != nil && !errors.As(err, &timeout) {
					t.Error(err)
				}
			}
		})
	}
}
