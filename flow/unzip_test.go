package flow_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
)

func ExampleUnzipWith() {
	split := func(line string) (string, int) {
		name, rest, _ := strings.Cut(line, " ")
		return name, len(rest)
	}
	greet := func(in flow.Source[string]) flow.Source[string] {
		return flow.Map(in, func(name string) string { return "hello " + name })
	}
	count := func(in flow.Source[int]) flow.Source[string] {
		return flow.Map(in, func(n int) string { return fmt.Sprint(n, " bytes") })
	}
	fmt.Println(flow.Collect(context.Background(), flow.UnzipWith(flow.Of("Ada abc", "Bob de"), split, greet, count)))
	// Output: [hello Ada 3 bytes hello Bob 2 bytes] <nil>
}

func unzipped(first, second flow.Flow[int, int]) flow.Flow[int, int] {
	return func(in ints) ints {
		return flow.UnzipWith(in, func(v int) (int, int) { return v, 100 * v }, first, second)
	}
}

func TestUnzipWithKeepsTheLaws(t *testing.T) {
	in := []int{1, 2, 3}
	keepsTheLaws(t, unzipped(through[int], through[int]), in, []int{1, 100, 2, 200, 3, 300})
	keepsTheLaws(t, unzipped(flow.Async[int], mapAsync[int](2)), in, []int{1, 100, 2, 200, 3, 300}, flowtest.Unordered())
	keepsTheLaws(t, unzipped(taking(1), through[int]), in, []int{1, 100, 200, 300}, flowtest.Unordered())
	keepsTheLaws(t, unzipped(taking(1), taking(2)), in, []int{1, 100, 200}, flowtest.Unordered())
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.UnzipWith(in, func(int) (int, int) {
			leave()
			return 0, 0
		}, through[int], through[int])
	})
	holds(t, func(in flow.Source[*flowHeld]) flow.Source[*flowHeld] {
		return flow.UnzipWith(in, func(h *flowHeld) (*flowHeld, *flowHeld) { return h, h }, through[*flowHeld], flow.Async[*flowHeld])
	})
}

func BenchmarkUnzipWith(b *testing.B) { benchmark(b, unzipped(mapped, mapped)) }
