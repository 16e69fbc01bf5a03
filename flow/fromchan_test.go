package flow_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
)

func ExampleFromChan() {
	names := make(chan string)
	go func() {
		defer close(names)
		names <- "Ada"
		names <- "Grace"
	}()
	source := flow.FromChan(names)
	fmt.Println(flow.Collect(context.Background(), source))
	fmt.Println(flow.Collect(context.Background(), source))
	// Output:
	// [Ada Grace] <nil>
	// [] flow: one-shot source was run before
}

func channel(values ...int) chan int {
	c := make(chan int, len(values))
	for _, v := range values {
		c <- v
	}
	return c
}

func TestFromChanKeepsTheLaws(t *testing.T) {
	closed := func() ints {
		c := channel(1, 2, 3)
		close(c)
		return flow.FromChan(c)
	}
	sourceKeepsTheLaws(t, closed, []int{1, 2, 3}, flowtest.OneShot())
	open := func() ints { return flow.FromChan(channel(1, 2, 3)) }
	sourceKeepsTheLaws(t, open, []int{1, 2, 3}, flowtest.OneShot(), flowtest.Endless())
}

func TestStoppedFromChanLeavesTheRestInTheChannel(t *testing.T) {
	c := channel(1, 2, 3)
	values, err := flow.Collect(t.Context(), flow.Take(flow.FromChan(c), 1))
	require.NoError(t, err)
	require.Equal(t, []int{1}, values)
	require.Len(t, c, 2)
}
