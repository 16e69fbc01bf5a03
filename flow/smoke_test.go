package flow

import (
	"context"
	"testing"
)

func count(n int) Source[int] {
	return FromFunc(func(ctx context.Context, emit func(int) error) error {
		done := ctx.Done()
		for i := range n {
			if isClosed(done) {
				return context.Cause(ctx)
			}
			if err := emit(i); err != nil {
				return err
			}
		}
		return nil
	})
}

func benchSource(b *testing.B, f Flow[int, int]) {
	b.ReportAllocs()
	n := 0
	err := f(count(b.N)).Run(b.Context(), func(int) error { n++; return nil })
	if err != nil || n == 0 {
		b.Fatal(err, n)
	}
}

func BenchmarkAsync(b *testing.B)  { benchSource(b, Async[int]) }
func BenchmarkBufferBP(b *testing.B)  { benchSource(b, func(s Source[int]) Source[int] { return Buffer(s, 64, Backpressure) }) }
func BenchmarkBufferDrop(b *testing.B)  { benchSource(b, func(s Source[int]) Source[int] { return Buffer(s, 64, DropNewest) }) }
func BenchmarkMerge2(b *testing.B)  { benchSource(b, func(s Source[int]) Source[int] { return Merge(s, s) }) }
func BenchmarkMerge1(b *testing.B)  { benchSource(b, func(s Source[int]) Source[int] { return Merge(s) }) }
func BenchmarkMapAsync(b *testing.B)  { benchSource(b, func(s Source[int]) Source[int] { return MapAsync(s, 8, func(_ context.Context, i int) (int, error) {return i, nil} ) }) }
func BenchmarkMap(b *testing.B)  { benchSource(b, func(s Source[int]) Source[int] { return Map(s, func( i int) int {return i} ) }) }
func BenchmarkQueue(b *testing.B)  { 
	b.ReportAllocs()
	q := NewQueue[int](1024)
	go func() { for i := range b.N { for q.Offer(i) != Taken { } }; q.Close() }()
	q.Source().Run(b.Context(), func(int) error {  return nil })
}
