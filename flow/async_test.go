package flow_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleAsync() {
	slow := func(v int) int {
		time.Sleep(time.Millisecond)
		return v
	}
	// Three slow steps for each value; the two sides of Async take them at the same time.
	source := flow.Map(flow.Async(flow.Map(flow.Of(1, 2, 3), slow)), slow)
	fmt.Println(flow.Collect(context.Background(), source))
	// Output: [1 2 3] <nil>
}

func TestAsyncKeepsTheLaws(t *testing.T) {
	keepsTheLaws(t, flow.Async[int], []int{1, 2, 3, 4}, []int{1, 2, 3, 4})
	holds(t, flow.Async[*flowHeld])
}

func TestAsyncHoldsWhatAnInterfaceHas(t *testing.T) {
	holds(t, func(in flow.Source[*flowHeld]) flow.Source[*flowHeld] {
		boxed := flow.Map(in, func(h *flowHeld) any { return h })
		return flow.Map(flow.Async(boxed), func(v any) *flowHeld { return v.(*flowHeld) })
	})
}

// A letter is a Holder that is neither a pointer nor an interface.
type letter struct{ held *flowHeld }

func (l letter) Hold()    { l.held.Hold() }
func (l letter) Release() { l.held.Release() }

func TestAsyncHoldsWhatAStructHas(t *testing.T) {
	holds(t, func(in flow.Source[*flowHeld]) flow.Source[*flowHeld] {
		letters := flow.Map(in, func(h *flowHeld) letter { return letter{h} })
		return flow.Map(flow.Async(letters), func(l letter) *flowHeld { return l.held })
	})
}

func TestBothSidesOfAsyncWorkAtTheSameTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(v int) int {
			time.Sleep(time.Second)
			return v
		}
		start := time.Now()
		_, err := flow.Collect(t.Context(), flow.Map(flow.Async(flow.Map(flow.Of(1, 2, 3), slow)), slow))
		require.NoError(t, err)
		require.Equal(t, 4*time.Second, time.Since(start))
	})
}

func TestAsyncLetsSixteenValuesWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		taken := 0
		counted := flow.Map(flow.FromSeq(upTo(100)), func(v int) int {
			taken++
			return v
		})
		err := flow.Async(counted).Run(t.Context(), func(int) error {
			synctest.Wait()
			return errTest
		})
		require.Equal(t, errTest, err)
		// The one at emit, those that wait, and the one that waits for room if it did not do so before the first was taken.
		require.Contains(t, []int{16 + 1, 1 + 16 + 1}, taken)
	})
}
