package flow_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
)

func ExampleNever() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	fmt.Println(flow.Collect(ctx, flow.Never[int]()))
	// Output: [] context deadline exceeded
}

func TestNeverKeepsTheLaws(t *testing.T) {
	sourceKeepsTheLaws(t, flow.Never[int], nil, flowtest.Endless())
}
