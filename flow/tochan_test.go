package flow_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleToChan() {
	c := make(chan int)
	go func() {
		defer close(c) // the run has ended, and nobody else sends
		_, _ = flow.ToChan(c).Run(context.Background(), flow.Of(1, 2, 3))
	}()
	for v := range c {
		fmt.Println(v)
	}
	// Output:
	// 1
	// 2
	// 3
}

func TestToChanSendsAndLeavesTheChannelOpen(t *testing.T) {
	c := make(chan int, 10)
	for range 2 {
		_, err := flow.ToChan(c).Run(t.Context(), flow.Concat(flow.Of(1, 2), flow.Fail[int](errTest)))
		require.Equal(t, errTest, err)
	}
	c <- 3
	require.Len(t, c, 5)
}

func TestToChanWaitsForItsReceiver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := make(chan int)
		came := 0
		go func() {
			_, _ = flow.ToChan(c).Run(t.Context(), flow.Map(flow.Of(1, 2, 3), func(v int) int {
				came++
				return v
			}))
			close(c)
		}()
		synctest.Wait()
		require.Equal(t, 1, came)
		require.Equal(t, 1, <-c)
		synctest.Wait()
		require.Equal(t, 2, came)
		require.Equal(t, 2, <-c)
		require.Equal(t, 3, <-c)
		_, open := <-c
		require.False(t, open)
	})
}

func TestCancelledToChanEndsWithTheCause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		result := make(chan error)
		go func() {
			_, err := flow.ToChan(make(chan int)).Run(ctx, flow.Of(1))
			result <- err
		}()
		synctest.Wait()
		cancel(errTest)
		require.Equal(t, errTest, <-result)
	})
}

func TestToChanHoldsAValueForItsReceiver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		held := &countedHolds{}
		c := make(chan *countedHolds, 1)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() {
			_, err := flow.ToChan(c).Run(ctx, flow.Of(held, held))
			ended <- err
		}()
		synctest.Wait() // one is sent, and the other waits
		cancel()
		require.Error(t, <-ended)
		require.Equal(t, 1, held.n)
		(<-c).Release()
	})
}

func BenchmarkToChan(b *testing.B) {
	b.ReportAllocs()
	c := make(chan int, 64)
	go func() {
		defer close(c)
		_, _ = flow.ToChan(c).Run(b.Context(), flow.FromSeq(upTo(b.N)))
	}()
	for range c {
	}
}
