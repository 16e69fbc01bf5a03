package flow_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
)

func ExampleBuffer() {
	// A slow reader of measurements wants the newest ones.
	measured := flow.Buffer(flow.Of(1, 2, 3), 16, flow.DropOldest)
	fmt.Println(flow.Collect(context.Background(), measured))
	// Output: [1 2 3] <nil>
}

func buffered(n int, s flow.OverflowStrategy) flow.Flow[int, int] {
	return func(in ints) ints { return flow.Buffer(in, n, s) }
}

var strategies = []flow.OverflowStrategy{flow.Backpressure, flow.DropOldest, flow.DropNewest, flow.DropAll, flow.FailOnOverflow}

func TestBufferKeepsTheLaws(t *testing.T) {
	in := []int{1, 2, 3, 4}
	for _, s := range strategies {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			keepsTheLaws(t, buffered(len(in), s), in, in)
			holds(t, func(in flow.Source[*flowHeld]) flow.Source[*flowHeld] { return flow.Buffer(in, 1, s) })
			switch s {
			case flow.Backpressure:
				keepsTheLaws(t, buffered(1, s), in, in)
			case flow.FailOnOverflow:
			default:
				keepsTheLaws(t, buffered(1, s), in, in, flowtest.Lossy())
			}
		})
	}
}

func TestOverflowStrategies(t *testing.T) {
	for _, test := range []struct {
		strategy flow.OverflowStrategy
		want     []int
		err      error
	}{
		{flow.Backpressure, []int{0, 1, 2, 3, 4, 5}, nil},
		{flow.DropOldest, []int{0, 4, 5}, nil},
		{flow.DropNewest, []int{0, 1, 2}, nil},
		{flow.DropAll, []int{0, 5}, nil}, // 3 drops 1 and 2, and 5 drops 3 and 4
		{flow.FailOnOverflow, []int{0, 1, 2}, flow.ErrOverflow},
	} {
		t.Run(test.strategy.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				// The first value is at emit until the input has given what it can.
				in := flow.Map(flow.FromSeq(upTo(6)), func(v int) int {
					if v == 1 {
						synctest.Wait()
					}
					return v
				})
				var got []int
				err := flow.Buffer(in, 2, test.strategy).Run(t.Context(), func(v int) error {
					if v == 0 {
						time.Sleep(time.Second)
					}
					got = append(got, v)
					return nil
				})
				require.Equal(t, test.err, err)
				require.Equal(t, test.want, got)
			})
		})
	}
}

func TestBufferOfNothingIsAMistake(t *testing.T) {
	require.Panics(t, func() { flow.Buffer(flow.Of(1), 0, flow.DropAll) })
	require.PanicsWithValue(t, "flow: Buffer with unknown OverflowStrategy(9)", func() { flow.Buffer(flow.Of(1), 1, 9) })
}
