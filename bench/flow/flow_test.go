// Package flow_test compares chains of ten operators over a million values: the operators of package flow,
// those of github.com/reugn/go-streams, and the loop that one would write by hand.
package flow_test

import (
	"testing"

	"github.com/reugn/go-streams"
	"github.com/reugn/go-streams/extension"
	gsflow "github.com/reugn/go-streams/flow"

	"github.com/wsflow/wsflow/flow"
)

const (
	values = 1_000_000
	want   = values * (values + 9) / 2 // 0+5, 1+5, …
)

func addOne(v int) int { return v + 1 }

func keep(v int) bool { return v >= 0 }

func upTo(n int) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

// perValue runs f, which sums up the values that came through, and reports the time for one of them.
func perValue(b *testing.B, f func() int) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		if sum := f(); sum != want {
			b.Fatalf("sum %d, want %d", sum, want)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/values, "ns/value")
}

func BenchmarkTenOperators(b *testing.B) {
	b.Run("loop", func(b *testing.B) { perValue(b, loop) })
	b.Run("wsflow", func(b *testing.B) { perValue(b, func() int { return fused(b) }) })
	b.Run("wsflow, each asynchronous", func(b *testing.B) { perValue(b, func() int { return async(b) }) })
	b.Run("go-streams", func(b *testing.B) { perValue(b, goStreams) })
}

func loop() int {
	sum := 0
	for v := range values {
		kept := true
		for range 5 {
			v = addOne(v)
			if !keep(v) {
				kept = false
				break
			}
		}
		if kept {
			sum += v
		}
	}
	return sum
}

func fused(b *testing.B) int {
	in := flow.FromSeq(upTo(values))
	for range 5 {
		in = flow.Filter(flow.Map(in, addOne), keep)
	}
	return sum(b, in)
}

// async has a goroutine for each operator, as go-streams does.
func async(b *testing.B) int {
	in := flow.FromSeq(upTo(values))
	for range 5 {
		in = flow.Async(flow.Filter(flow.Async(flow.Map(in, addOne)), keep))
	}
	return sum(b, in)
}

func sum(b *testing.B, in flow.Source[int]) int {
	total, err := flow.Fold(0, func(sum, v int) int { return sum + v }).Run(b.Context(), in)
	if err != nil {
		b.Fatal(err)
	}
	return total
}

func goStreams() int {
	in := make(chan any)
	go func() {
		defer close(in)
		for v := range upTo(values) {
			in <- v
		}
	}()
	var chain streams.Source = extension.NewChanSource(in)
	for range 5 {
		chain = chain.Via(gsflow.NewMap(addOne, 1)).Via(gsflow.NewFilter(keep, 1))
	}
	sum := 0
	for v := range chain.Out() {
		sum += v.(int)
	}
	return sum
}
