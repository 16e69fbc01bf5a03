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

func ExampleRestartFlow() {
	// A client: its connection is lost at 2, and with it what was sent.
	dial := func(ctx context.Context) (flow.Flow[int, string], error) {
		return func(in flow.Source[int]) flow.Source[string] {
			return flow.TryMap(in, func(ctx context.Context, v int) (string, error) {
				if v == 2 {
					return "", errors.New("connection lost")
				}
				return fmt.Sprint("reply to ", v), nil
			})
		}, nil
	}
	client := flow.RestartFlow(flow.RestartSettings{MinBackoff: time.Millisecond, OnFailuresOnly: true}, dial)
	fmt.Println(flow.Collect(context.Background(), client(flow.Of(1, 2, 3))))
	// Output: [reply to 1 reply to 3] <nil>
}

// restarted restarts f.
func restarted[I, O any](s flow.RestartSettings, f flow.Flow[I, O]) flow.Flow[I, O] {
	return flow.RestartFlow(s, func(context.Context) (flow.Flow[I, O], error) { return f, nil })
}

func TestRestartFlowKeepsTheLaws(t *testing.T) {
	same := func(in ints) ints { return in }
	for name, f := range map[string]flow.Flow[int, int]{
		"the same":      restarted(restartAtOnce, same),
		"Async":         restarted(restartAtOnce, flow.Async[int]),
		"one at a time": restarted(restartAtOnce, func(in ints) ints { return flow.Take(in, 1) }),
		"two at a time": restarted(restartAtOnce, func(in ints) ints { return flow.Take(flow.Async(in), 2) }),
		"failing": func(in ints) ints {
			failing := restarted(restartAtOnce, func(in ints) ints { return flow.Concat(flow.Take(in, 1), flow.Fail[int](errTest)) })
			return flow.OnErrorComplete(failing(in), func(err error) bool { return err == errTest }) // that of the last one
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var opts []flowtest.Option
			if name == "two at a time" {
				opts = append(opts, flowtest.Lossy()) // what Async has read ahead
			}
			keepsTheLaws(t, f, []int{1, 2, 3, 4}, []int{1, 2, 3, 4}, opts...)
		})
	}
	keepsTheLaws(t, restarted(restartAtOnce, same), nil, nil)
	holds(t, restarted(restartAtOnce, func(in flow.Source[*flowHeld]) flow.Source[*flowHeld] { return flow.Take(in, 2) }))
	holds(t, restarted(restartAtOnce, flow.Async[*flowHeld]))
}

func TestInputOfARestartedFlowGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		given := make(map[int]time.Duration)
		in := flow.Map(flow.Take(flow.Tick(time.Second), 6), func(time.Time) int {
			n := len(given) + 1
			given[n] = time.Since(start)
			return n
		})
		settings := restartSoon
		settings.MinBackoff = 2500 * time.Millisecond
		got := make(map[int]time.Duration)
		connected := 0
		client := flow.RestartFlow(settings, func(context.Context) (flow.Flow[int, int], error) {
			connected++
			return func(in ints) ints {
				return flow.TryMap(in, func(_ context.Context, v int) (int, error) {
					if v == 2 {
						return 0, errTest
					}
					return v, nil
				})
			}, nil
		})
		err := client(in).Run(t.Context(), func(v int) error {
			got[v] = time.Since(start)
			return nil
		})
		require.NoError(t, err)
		require.Equal(t, 2, connected)
		for v := range 6 {
			require.Equal(t, time.Duration(v+1)*time.Second, given[v+1])
		}
		// 2 is lost with the connection at 2 s; the next one is there at 4.5 s.
		require.Equal(t, map[int]time.Duration{
			1: time.Second, 3: 4500 * time.Millisecond, 4: 4500 * time.Millisecond, 5: 5 * time.Second, 6: 6 * time.Second,
		}, got)
	})
}

func TestOnlySoManyValuesWaitForARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		given := 0
		in := flow.Map(flow.FromSeq(upTo(1000)), func(v int) int { given++; return v })
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		_, _ = flow.Collect(ctx, flow.RestartFlow(restartSoon, func(context.Context) (flow.Flow[int, int], error) { return nil, errTest })(in))
		require.Equal(t, 17, given) // one more waits for room
	})
}

func TestEndOfARestartedFlow(t *testing.T) {
	errOther := errors.New("other")
	broken := func(in ints) ints { return flow.Concat(flow.Take(in, 1), flow.Fail[int](errTest)) }
	late := func(err error) ints { // ends after 100 ms, and so during a wait
		return flow.Concat(flow.Of(1), flow.FromFunc(func(context.Context, func(int) error) error {
			time.Sleep(100 * time.Millisecond)
			return err
		}))
	}
	failures := restartSoon
	failures.OnFailuresOnly = true
	for _, test := range []struct {
		name     string
		settings flow.RestartSettings
		in       ints
		flow     flow.Flow[int, int]
		want     []int
		err      error
		after    time.Duration
	}{
		{"the input completes, and then the flow", restartSoon, flow.Of(1, 2), flow.Async[int], []int{1, 2}, nil, 0},
		{"the input fails, and then the flow", restartSoon, flow.Fail[int](errTest), flow.Async[int], nil, errTest, 0},
		{"the flow recovers from the input's error", restartSoon, flow.Fail[int](errTest), func(in ints) ints {
			return flow.OnErrorComplete(in, nil)
		}, nil, nil, 0},
		{"the flow fails after the input is complete", restartSoon, flow.Of(1), func(in ints) ints {
			return flow.Concat(in, flow.Fail[int](errTest))
		}, []int{1}, errTest, 0},
		{"the input completes during a wait", restartSoon, late(nil), broken, []int{1}, errTest, 100 * time.Millisecond},
		{"the input fails during a wait", restartSoon, late(errOther), broken, []int{1}, errOther, 100 * time.Millisecond},
		{"values are left when the input completes", restartSoon, flow.Of(1, 2), broken, []int{1, 2}, errTest, time.Second},
		{"no more restarts", restartOnce(restartSoon), flow.Concat(flow.Of(1, 2, 3), flow.Never[int]()), broken, []int{1, 2}, errTest, time.Second},
		{"complete, and restarted on failures only", failures, flow.Never[int](), func(ints) ints { return flow.Of(7) }, []int{7}, nil, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				values, err := flow.Collect(t.Context(), restarted(test.settings, test.flow)(test.in))
				require.Equal(t, test.err, err)
				require.Equal(t, test.want, values)
				require.Equal(t, test.after, time.Since(start))
			})
		})
	}
}

func TestPanicOfTheInputOfARestartedFlowTravels(t *testing.T) {
	in := flow.Concat(flow.Of(1), flow.Map(flow.Of(2), func(int) int { panic("oops") }))
	for name, inner := range map[string]flow.Flow[int, int]{
		"it is read": func(in ints) ints { return in },
		"it is not":  func(in ints) ints { return flow.Concat(flow.Take(in, 1), flow.Fail[int](errTest)) },
	} {
		synctest.Test(t, func(t *testing.T) {
			require.PanicsWithError(t, "flow: panic: oops", func() {
				_, _ = flow.Collect(t.Context(), restarted(restartSoon, inner)(in))
			}, name)
		})
	}
}

func TestInputOfARestartedFlowIsRunOnceAtATime(t *testing.T) {
	twice := func(in ints) ints { return flow.Merge(in, in) }
	_, err := flow.Collect(t.Context(), restarted(restartOnce(restartAtOnce), twice)(flow.Concat(flow.Of(1), flow.Never[int]())))
	require.Equal(t, flow.ErrConsumed, err)
	again := func(in ints) ints { return flow.Concat(flow.Take(in, 1), in) }
	values, err := flow.Collect(t.Context(), restarted(restartAtOnce, again)(flow.Of(1, 2, 3)))
	require.NoError(t, err)
	require.Equal(t, []int{1, 2, 3}, values)
}

func BenchmarkRestartFlow(b *testing.B) {
	benchmark(b, restarted(restartSoon, func(in ints) ints { return in }))
}
