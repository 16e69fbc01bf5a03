package flow_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/wsflow/wsflow/flow"
)

func Example() {
	poem := flow.Of("the sea", "and the sky", "and the sea again")
	words := flow.MapConcat(poem, strings.Fields)
	long := flow.Filter(words, func(w string) bool { return len(w) > 3 })
	for word, err := range long.All(context.Background()) {
		fmt.Println(word, err)
	}
	// Output:
	// again <nil>
}

// Page passes on page number n of in, put together from operators that exist.
func Page[T any](in flow.Source[T], n, size int) flow.Source[T] {
	return flow.Take(flow.Drop(in, n*size), size)
}

func Example_composedOperator() {
	fmt.Println(flow.Collect(context.Background(), Page(flow.FromSeq(upTo(100)), 3, 4)))
	// Output: [12 13 14 15] <nil>
}

// Pairs passes on every two values as one, written as a loop. A last one that is alone is left out.
func Pairs[T any](in flow.Source[T]) flow.Source[[2]T] {
	return flow.FromFunc(func(ctx context.Context, emit func([2]T) error) error {
		var pair [2]T
		n := 0
		return in.Run(ctx, func(v T) error {
			pair[n%2] = v
			n++
			if n%2 != 0 {
				return nil
			}
			return emit(pair)
		})
	})
}

func ExampleFromFunc() {
	fmt.Println(flow.Collect(context.Background(), Pairs(flow.Of(1, 2, 3, 4, 5))))
	// Output: [[1 2] [3 4]] <nil>
}

// Until passes on the values before the first for which last is true, written as an operator.
func Until[T any](in flow.Source[T], last func(T) bool) flow.Source[T] {
	return flow.Operator("Until", in, func(_ context.Context, emit func(T) error, end func(error)) (func(T) error, func(error)) {
		enough := errors.New("enough") // of this run alone
		next := func(v T) error {
			if last(v) {
				return enough
			}
			return emit(v)
		}
		return next, func(err error) {
			if errors.Is(err, enough) {
				err = nil
			}
			end(err)
		}
	})
}

func ExampleOperator() {
	before := Until(flow.Of("a", "b", ".", "c"), func(s string) bool { return s == "." })
	fmt.Println(flow.Collect(context.Background(), before))
	// Output: [a b] <nil>
}

// Closing passes on in and then one value more, which is emitted by the end of its input.
func Closing[T any](in flow.Source[T], last T) flow.Source[T] {
	return flow.Operator("Closing", in, func(_ context.Context, emit func(T) error, end func(error)) (func(T) error, func(error)) {
		return emit, func(err error) {
			if err != nil {
				end(err)
				return
			}
			flow.Guard(end, func() error { return emit(last) })
		}
	})
}

func ExampleGuard() {
	fmt.Println(flow.Collect(context.Background(), Closing(flow.Of("a", "b"), "c")))
	// Output: [a b c] <nil>
}

// Apart lets its input work on a goroutine of its own, and hands each value over, one at a time.
func Apart[T any](in flow.Source[T]) flow.Source[T] {
	return flow.NewSource("Apart", func(ctx context.Context, emit func(T) error, end func(error)) {
		flow.Go(ctx, func() {
			flow.Guard(end, func() error {
				for v, err := range in.All(ctx) {
					if err != nil {
						return err
					}
					if err := emit(v); err != nil {
						return err
					}
				}
				return nil
			})
		})
	})
}

func ExampleGo() {
	fmt.Println(flow.Collect(context.Background(), Apart(flow.Of(1, 2, 3))))
	// Output: [1 2 3] <nil>
}

func ExampleNewSink() {
	longest := flow.NewSink("Longest", func(ctx context.Context, in flow.Source[string]) (longest string, err error) {
		err = in.Run(ctx, func(s string) error {
			if len(s) > len(longest) {
				longest = s
			}
			return nil
		})
		return longest, err
	})
	fmt.Println(longest.Run(context.Background(), flow.Of("a", "abc", "ab")))
	// Output: abc <nil>
}

// The operators of the examples are tested like those of the package.
func TestExampleOperatorsKeepTheLaws(t *testing.T) {
	in := []int{0, 1, 2, 3}
	keepsTheLaws(t, Pairs[int], in, [][2]int{{0, 1}, {2, 3}})
	keepsTheLaws(t, Apart[int], in, in)
	keepsTheLaws(t, func(in ints) ints { return Page(in, 1, 2) }, in, []int{2, 3})
	keepsTheLaws(t, func(in ints) ints { return Until(in, func(v int) bool { return v == 2 }) }, in, []int{0, 1})
	keepsTheLaws(t, func(in ints) ints { return Closing(in, 9) }, in, []int{0, 1, 2, 3, 9})
}
