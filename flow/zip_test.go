package flow_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
)

func ExampleZip() {
	questions, answers := flow.Of("2 + 2", "2 * 3"), flow.Of(4, 6, 8)
	both := flow.Map(flow.Zip(questions, answers), func(p flow.Pair[string, int]) string {
		return fmt.Sprintf("%s = %d", p.First, p.Second)
	})
	fmt.Println(flow.Collect(context.Background(), both))
	// Output: [2 + 2 = 4 2 * 3 = 6] <nil>
}

func ExampleZipN() {
	fmt.Println(flow.Collect(context.Background(), flow.ZipN(flow.Of(1, 2), flow.Of(3, 4), flow.Of(5, 6, 7))))
	// Output: [[1 3 5] [2 4 6]] <nil>
}

func zippedWith(b ints) func(ints) flow.Source[flow.Pair[int, int]] {
	return func(in ints) flow.Source[flow.Pair[int, int]] { return flow.Zip(in, b) }
}

func pairs(values ...int) (all []flow.Pair[int, int]) {
	for i := 0; i < len(values); i += 2 {
		all = append(all, flow.Pair[int, int]{First: values[i], Second: values[i+1]})
	}
	return all
}

func TestZipKeepsTheLaws(t *testing.T) {
	in := []int{1, 2, 3}
	keepsTheLaws(t, zippedWith(flow.Of(7, 8, 9)), in, pairs(1, 7, 2, 8, 3, 9))
	keepsTheLaws(t, zippedWith(flow.Of(7, 8)), in, pairs(1, 7, 2, 8))
	keepsTheLaws(t, zippedWith(flow.FromSeq(upTo(100))), in, pairs(1, 0, 2, 1, 3, 2))
	keepsTheLaws(t, zippedWith(flow.Empty[int]()), in, nil)
	keepsTheLaws(t, func(in ints) flow.Source[flow.Pair[int, int]] { return flow.Zip(flow.Of(7, 8), in) }, in, pairs(7, 1, 8, 2))
	holds(t, func(in flow.Source[*flowHeld]) flow.Source[*flowHeld] {
		return flow.Map(flow.Zip(flow.FromSeq(upTo(100)), in), func(p flow.Pair[int, *flowHeld]) *flowHeld { return p.Second })
	})
}

func TestZipNKeepsTheLaws(t *testing.T) {
	keepsTheLaws(t, func(in ints) flow.Source[[]int] {
		return flow.ZipN(in, flow.Of(7, 8, 9), flow.Of(4, 5, 6))
	}, []int{1, 2, 3, 4}, [][]int{{1, 7, 4}, {2, 8, 5}, {3, 9, 6}})
	keepsTheLaws(t, func(in ints) flow.Source[[]int] { return flow.ZipN(in) }, []int{1, 2}, [][]int{{1}, {2}})
	sourceKeepsTheLaws(t, func() flow.Source[[]int] { return flow.ZipN[int]() }, nil)
	holds(t, func(in flow.Source[*flowHeld]) flow.Source[*flowHeld] {
		return flow.Map(flow.ZipN(in, in), func(v []*flowHeld) *flowHeld { return v[0] })
	})
}

func TestZipEndsWhenASourceHasNoMoreToGive(t *testing.T) {
	silent := flow.Never[int]()
	for _, test := range []struct {
		name string
		a, b ints
		err  error
	}{
		{"the second is empty", silent, flow.Empty[int](), nil},
		{"the first is empty", flow.Empty[int](), silent, nil},
		{"the second fails", silent, flow.Fail[int](errTest), errTest},
		{"the first fails", flow.Fail[int](errTest), silent, errTest},
		{"the second is at its end", flow.Concat(flow.Of(1), silent), flow.Of(1), nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, err := flow.Collect(t.Context(), flow.Zip(test.a, test.b))
				require.Equal(t, test.err, err)
				_, err = flow.Collect(t.Context(), flow.ZipN(test.a, test.b))
				require.Equal(t, test.err, err)
			})
		})
	}
}

func TestErrorDoesNotOvertakeInZip(t *testing.T) {
	failing := flow.Concat(flow.Of(7, 8), flow.Fail[int](errTest))
	synctest.Test(t, func(t *testing.T) {
		late := flow.Concat(flow.Map(flow.Of(1, 2, 3), func(v int) int {
			time.Sleep(time.Second)
			return v
		}), flow.Never[int]())
		values, err := flow.Collect(t.Context(), flow.Zip(late, failing))
		require.Equal(t, errTest, err)
		require.Equal(t, pairs(1, 7, 2, 8), values)
	})
}

func TestPairHoldsWhatIsInIt(t *testing.T) {
	holds(t, func(in flow.Source[*flowHeld]) flow.Source[*flowHeld] {
		paired := flow.Map(in, func(h *flowHeld) flow.Pair[int, *flowHeld] { return flow.Pair[int, *flowHeld]{Second: h} })
		return flow.Map(flow.Async(paired), func(p flow.Pair[int, *flowHeld]) *flowHeld { return p.Second })
	})
	held := &flowtest.Held{}
	require.Zero(t, testing.AllocsPerRun(100, func() {
		p := flow.Pair[int, *flowtest.Held]{First: 1 << 20, Second: held}
		_ = p
		flow.Pair[int, string]{First: 1 << 20, Second: "a"}.Hold()
		flow.Pair[int, string]{First: 1 << 20, Second: "a"}.Release()
	}))
}

func TestZipAllocatesNothingPerValue(t *testing.T) {
	require.LessOrEqual(t, allocations(zipped), 100.0)
}

func zipped(in ints) ints {
	return flow.Map(flow.Zip(in, in), func(p flow.Pair[int, int]) int { return p.First })
}

func BenchmarkZip(b *testing.B) { benchmark(b, zipped) }

func BenchmarkZipN(b *testing.B) {
	benchmark(b, func(in ints) ints {
		return flow.Map(flow.ZipN(in, in), func(v []int) int { return v[0] })
	})
}

// BenchmarkZipOfChannels is what one would write without package flow.
func BenchmarkZipOfChannels(b *testing.B) {
	b.ReportAllocs()
	first, second, out := make(chan int), make(chan int), make(chan flow.Pair[int, int])
	for _, c := range []chan int{first, second} {
		go func() {
			defer close(c)
			for v := range b.N {
				c <- v
			}
		}()
	}
	go func() {
		defer close(out)
		for v := range first {
			out <- flow.Pair[int, int]{First: v, Second: <-second}
		}
	}()
	for range out {
	}
}
