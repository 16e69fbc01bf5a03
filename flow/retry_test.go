package flow_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleRetry() {
	tries := 0
	ask := func(_ context.Context, name string) (string, error) {
		if tries++; tries < 3 {
			return "", errors.New("try again")
		}
		return fmt.Sprintf("%s, at try %d", name, tries), nil
	}
	patient := flow.Retry(flow.RestartSettings{MinBackoff: time.Millisecond, MaxRestarts: 5}, ask)
	fmt.Println(flow.Collect(context.Background(), flow.MapAsync(flow.Of("ann"), 4, patient)))
	// Output: [ann, at try 3] <nil>
}

func TestRetryKeepsTheLaws(t *testing.T) {
	var tries atomic.Int64
	everyOther := func(_ context.Context, v int) (int, error) {
		if tries.Add(1)%2 == 1 {
			return 0, errTest
		}
		return v, nil
	}
	keepsTheLaws(t, func(in ints) ints {
		return flow.TryMap(in, flow.Retry(restartAtOnce, everyOther))
	}, []int{1, 2, 3}, []int{1, 2, 3})
	keepsTheLaws(t, func(in ints) ints {
		return flow.MapAsync(in, 2, flow.Retry(restartAtOnce, everyOther))
	}, []int{1, 2, 3}, []int{1, 2, 3})
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.TryMap(in, flow.Retry(restartAtOnce, func(context.Context, int) (int, error) {
			leave()
			return 0, errTest
		}))
	})
}

func TestEachValueHasRetriesOfItsOwn(t *testing.T) {
	settings := restartSoon
	settings.MaxRestarts = 2
	errFatal := errors.New("fatal")
	settings.RestartOn = func(err error) bool { return err != errFatal }
	for _, test := range []struct {
		name  string
		fails []error // of each try
		err   error
		after time.Duration
	}{
		{"none", []error{nil}, nil, 0},
		{"two", []error{errTest, errTest, nil}, nil, 3 * time.Second},
		{"too many", []error{errTest, errTest, errTest}, errTest, 3 * time.Second},
		{"no reason to try again", []error{errTest, errFatal}, errFatal, time.Second},
		{"left out", []error{errTest, flow.ErrSkip}, nil, time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				tries := make(map[int]int)
				_, err := flow.Collect(t.Context(), flow.TryMap(flow.Of(1, 2), flow.Retry(settings, func(_ context.Context, v int) (int, error) {
					tries[v]++
					return v, test.fails[tries[v]-1]
				})))
				require.Equal(t, test.err, err)
				times := 1
				if err == nil {
					times = 2
				}
				require.Equal(t, time.Duration(times)*test.after, time.Since(start))
				require.Len(t, tries, times)
			})
		})
	}
}

// However long a try takes, it is one.
func TestSlowTriesAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		settings := restartSoon
		settings.MaxRestarts = 2
		tries := 0
		_, err := flow.Retry(settings, func(context.Context, int) (int, error) {
			tries++
			time.Sleep(time.Hour)
			return 0, errTest
		})(t.Context(), 1)
		require.Equal(t, errTest, err)
		require.Equal(t, 3, tries)
	})
}

func TestRetryOfWhatSucceedsCostsNoAllocation(t *testing.T) {
	require.Zero(t, allocations(func(in ints) ints { return flow.TryMap(in, flow.Retry(restartSoon, tenfold)) }))
}

func BenchmarkRetry(b *testing.B) {
	benchmark(b, func(in ints) ints { return flow.TryMap(in, flow.Retry(restartSoon, tenfold)) })
}
