package gostreams_test

import (
	"context"
	"testing"

	"github.com/reugn/go-streams"
	"github.com/reugn/go-streams/extension"
	gsflow "github.com/reugn/go-streams/flow"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/gostreams"
)

// run runs a stream over b.N values: an op is a value.
func run(b *testing.B, in ints) {
	b.Helper()
	b.ReportAllocs()
	if _, err := flow.Ignore[int]().Run(b.Context(), in); err != nil {
		b.Fatal(err)
	}
}

// numbers is a source of go-streams with n of them.
func numbers(n int) streams.Source {
	out := make(chan any)
	go func() {
		defer close(out)
		for v := range n {
			out <- v
		}
	}()
	return extension.NewChanSource(out)
}

func BenchmarkFlow(b *testing.B) {
	b.Run("Map", func(b *testing.B) { run(b, through(mapped)(flow.FromSeq(upTo(b.N)))) })
	b.Run("PassThrough", func(b *testing.B) { run(b, through(passThrough)(flow.FromSeq(upTo(b.N)))) })
	b.Run("ten Maps", func(b *testing.B) {
		run(b, through(func(_ context.Context, in streams.Source) streams.Flow { return ten(in) })(flow.FromSeq(upTo(b.N))))
	})
}

func ten(in streams.Source) streams.Flow {
	chain := in.Via(gsflow.NewMap(tenfold, 1))
	for range 9 {
		chain = chain.Via(gsflow.NewMap(tenfold, 1))
	}
	return chain
}

// What the same chains cost without us.
func BenchmarkGoStreamsAlone(b *testing.B) {
	b.Run("Map", func(b *testing.B) {
		b.ReportAllocs()
		numbers(b.N).Via(gsflow.NewMap(tenfold, 1)).To(extension.NewIgnoreSink())
	})
	b.Run("ten Maps", func(b *testing.B) {
		b.ReportAllocs()
		ten(numbers(b.N)).To(extension.NewIgnoreSink())
	})
}

func BenchmarkSource(b *testing.B) { run(b, gostreams.FromSource[int](numbers(b.N))) }

func BenchmarkSink(b *testing.B) {
	b.ReportAllocs()
	sink := gostreams.Sink[int](func(context.Context) (streams.Sink, error) { return extension.NewIgnoreSink(), nil })
	if _, err := sink.Run(b.Context(), flow.FromSeq(upTo(b.N))); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkAsFlow(b *testing.B) {
	b.ReportAllocs()
	numbers(b.N).Via(gostreams.AsFlow(b.Context(), func(in ints) ints { return flow.Map(in, tenfold) })).To(extension.NewIgnoreSink())
}

func BenchmarkAsSourceToAsSink(b *testing.B) {
	b.ReportAllocs()
	sum := gostreams.AsSink(b.Context(), flow.Fold(0, func(sum, v int) int { return sum + v }))
	gostreams.AsSource(b.Context(), flow.FromSeq(upTo(b.N))).Via(gsflow.NewPassThrough()).To(sum)
	if _, err := sum.Result(); err != nil {
		b.Fatal(err)
	}
}
