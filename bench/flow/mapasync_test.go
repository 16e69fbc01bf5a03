package flow_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/reugn/go-streams/extension"
	gsflow "github.com/reugn/go-streams/flow"

	"github.com/wsflow/wsflow/flow"
)

// BenchmarkParallelMap compares maps with several calls at work: go-streams' Map has that many goroutines, which
// read a channel and write another.
func BenchmarkParallelMap(b *testing.B) {
	for _, parallelism := range []int{1, 4, 16} {
		b.Run(fmt.Sprint("wsflow/", parallelism), func(b *testing.B) { parallelMap(b, parallelism) })
		b.Run(fmt.Sprint("go-streams/", parallelism), func(b *testing.B) { goStreamsMap(b, parallelism) })
	}
}

func parallelMap(b *testing.B, parallelism int) {
	in := flow.FromSeq(upTo(b.N))
	f := func(_ context.Context, v int) (int, error) { return v + 1, nil }
	if _, err := flow.Ignore[int]().Run(b.Context(), flow.MapAsyncUnordered(in, parallelism, f)); err != nil {
		b.Fatal(err)
	}
}

func goStreamsMap(b *testing.B, parallelism int) {
	in := make(chan any)
	go func() {
		defer close(in)
		for v := range upTo(b.N) {
			in <- v
		}
	}()
	for range extension.NewChanSource(in).Via(gsflow.NewMap(addOne, parallelism)).Out() {
	}
}
