package flow_test

import (
	"testing"

	"github.com/wsflow/wsflow/bench/flow/operators"
)

// BenchmarkOperator has a benchmark for each way of each operator: Map/loop, Map/wsflow, Map/go-streams, Map/ro, Map/channels.
func BenchmarkOperator(b *testing.B) {
	const values = 100_000
	for _, c := range operators.All() {
		want := c.Inlined(b.Context(), values)
		for _, w := range c.Ways() {
			b.Run(c.Name+"/"+w.Name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if sum := w.Run(b.Context(), values); sum != want {
						b.Fatalf("sum %d, want %d", sum, want)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/values, "ns/value")
			})
		}
	}
}
