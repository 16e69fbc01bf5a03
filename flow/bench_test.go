package flow_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/wsflow/wsflow/flow"
)

// benchmark runs f over b.N values: an op is a value.
func benchmark(b *testing.B, f flow.Flow[int, int]) {
	b.Helper()
	b.ReportAllocs()
	_, err := flow.Ignore[int]().Run(b.Context(), f(flow.FromSeq(upTo(b.N))))
	if err != nil {
		b.Fatal(err)
	}
}

// ten are ten synchronous operators that pass on every value.
func ten(in ints) ints {
	all := func(int) bool { return true }
	for range 5 {
		in = flow.Filter(mapped(in), all)
	}
	return in
}

func BenchmarkFromSeq(b *testing.B) { benchmark(b, func(in ints) ints { return in }) }
func BenchmarkMap(b *testing.B)     { benchmark(b, mapped) }
func BenchmarkTryMap(b *testing.B) {
	benchmark(b, func(in ints) ints { return flow.TryMap(in, tenfold) })
}

func BenchmarkFilter(b *testing.B) { benchmark(b, func(in ints) ints { return flow.Filter(in, even) }) }

func BenchmarkTake(b *testing.B) { benchmark(b, func(in ints) ints { return flow.Take(in, b.N) }) }

func BenchmarkDrop(b *testing.B)     { benchmark(b, func(in ints) ints { return flow.Drop(in, 1) }) }
func BenchmarkConcat(b *testing.B)   { benchmark(b, func(in ints) ints { return flow.Concat(in) }) }
func BenchmarkAsync(b *testing.B)    { benchmark(b, flow.Async[int]) }
func BenchmarkMerge(b *testing.B)    { benchmark(b, func(in ints) ints { return flow.Merge(in, in) }) }
func BenchmarkMapAsync(b *testing.B) { benchmark(b, mapAsync[int](16)) }

func BenchmarkMapConcat(b *testing.B) {
	two := make([]int, 2)
	benchmark(b, func(in ints) ints { return flow.MapConcat(in, func(int) []int { return two }) })
}

func BenchmarkBuffer(b *testing.B) {
	for _, s := range strategies[:4] {
		b.Run(s.String(), func(b *testing.B) { benchmark(b, buffered(64, s)) })
	}
}

// benchmarkSink runs a sink over b.N values.
func benchmarkSink[R any](b *testing.B, sink flow.Sink[int, R]) {
	b.Helper()
	b.ReportAllocs()
	if _, err := sink.Run(b.Context(), flow.FromSeq(upTo(b.N))); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkOf(b *testing.B) {
	benchmark(b, func(ints) ints { return flow.Of(make([]int, b.N)...) })
}

func BenchmarkFromFunc(b *testing.B) {
	benchmark(b, func(in ints) ints { return flow.FromFunc(in.Run) })
}

func BenchmarkFromChan(b *testing.B) {
	c := make(chan int, 16)
	go func() {
		defer close(c)
		for v := range b.N {
			c <- v
		}
	}()
	benchmark(b, func(ints) ints { return flow.FromChan(c) })
}

func BenchmarkFromSinkAndSource(b *testing.B) {
	benchmark(b, func(in ints) ints { return flow.FromSinkAndSource(flow.Ignore[int](), in)(flow.Never[int]()) })
}

func BenchmarkFromSinkAndSourceUncoupled(b *testing.B) {
	benchmark(b, func(in ints) ints {
		return flow.FromSinkAndSourceUncoupled(flow.Ignore[int](), in)(flow.Empty[int]())
	})
}

func BenchmarkIgnore(b *testing.B)  { benchmarkSink(b, flow.Ignore[int]()) }
func BenchmarkToSlice(b *testing.B) { benchmarkSink(b, flow.ToSlice[int]()) }

func BenchmarkForEach(b *testing.B) {
	benchmarkSink(b, flow.ForEach(func(context.Context, int) error { return nil }))
}

func BenchmarkFold(b *testing.B) {
	benchmarkSink(b, flow.Fold(0, func(sum, v int) int { return sum + v }))
}

func BenchmarkQueue(b *testing.B) {
	b.ReportAllocs()
	q := flow.NewQueue[int](1024)
	go func() {
		defer q.Close()
		for v := range b.N {
			for q.Offer(v) == flow.Dropped {
				runtime.Gosched()
			}
		}
	}()
	_, err := flow.Ignore[int]().Run(b.Context(), q.Source())
	if err != nil {
		b.Fatal(err)
	}
}

func BenchmarkTenOperatorsOverAMillionValues(b *testing.B) {
	b.ReportAllocs()
	source := ten(flow.FromSeq(upTo(1_000_000)))
	for b.Loop() {
		if _, err := flow.Ignore[int]().Run(b.Context(), source); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1_000_000, "ns/value")
}

// allocations returns how many more allocations a run over 10,000 values makes than one over 10.
func allocations(f flow.Flow[int, int]) float64 {
	of := func(n int) float64 {
		source := f(flow.FromSeq(upTo(n)))
		return testing.AllocsPerRun(5, func() {
			_ = source.Run(context.Background(), func(int) error { return nil })
		})
	}
	return of(10_000) - of(10)
}

func TestNoAllocationPerValue(t *testing.T) {
	pair := []int{1, 2}
	for name, f := range map[string]flow.Flow[int, int]{
		"Map":       mapped,
		"TryMap":    func(in ints) ints { return flow.TryMap(in, tenfold) },
		"Filter":    func(in ints) ints { return flow.Filter(in, even) },
		"MapConcat": func(in ints) ints { return flow.MapConcat(in, func(int) []int { return pair }) },
		"Take":      func(in ints) ints { return flow.Take(in, 1<<20) },
		"Drop":      func(in ints) ints { return flow.Drop(in, 5) },
		"Concat":    func(in ints) ints { return flow.Concat(in, in) },
		"ten":       ten,
	} {
		if n := allocations(f); n > 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
	// Goroutines that wait now and then cost a little, whatever the number of values.
	for name, f := range map[string]flow.Flow[int, int]{
		"Async":    flow.Async[int],
		"Buffer":   buffered(16, flow.Backpressure),
		"Dropping": buffered(16, flow.DropOldest),
		"Merge":    func(in ints) ints { return flow.Merge(in, in) },
		"MapAsync": mapAsync[int](4),
	} {
		if n := allocations(f); n > 100 {
			t.Errorf("%s: %v allocations for 10,000 values", name, n)
		}
	}
}
