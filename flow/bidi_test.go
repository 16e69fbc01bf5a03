package flow_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

// numbers decodes numbers on their way down and encodes them on their way up.
var numbers = flow.BidiFromFuncs(
	func(_ context.Context, s string) (int, error) { return strconv.Atoi(s) },
	func(_ context.Context, n int) (string, error) { return strconv.Itoa(n), nil },
)

func ExampleBidi_Join() {
	codec := flow.BidiFromFuncs(
		func(_ context.Context, s string) (int, error) { return strconv.Atoi(s) },
		func(_ context.Context, n int) (string, error) { return strconv.Itoa(n), nil },
	)
	double := codec.Join(func(in flow.Source[int]) flow.Source[int] {
		return flow.Map(in, func(n int) int { return 2 * n })
	})
	fmt.Println(flow.Collect(context.Background(), double(flow.Of("1", "20", "x"))))
	// Output: [2 40] strconv.Atoi: parsing "x": invalid syntax
}

func ExampleAtop() {
	trimmed := flow.BidiFromFuncs(
		func(_ context.Context, s string) (string, error) { return strings.TrimSpace(s), nil },
		func(_ context.Context, s string) (string, error) { return s + "\n", nil },
	)
	stack := flow.Atop(trimmed, numbers)
	out, err := flow.Collect(context.Background(), stack.Join(mapped)(flow.Of(" 1\n", "2\n")))
	fmt.Printf("%q %v\n", out, err)
	// Output: ["2\n" "3\n"] <nil>
}

func TestBidiKeepsTheLaws(t *testing.T) {
	tens := flow.BidiFromFuncs(tenfold, tenfold)
	for name, bidi := range map[string]flow.Bidi[int, int, int, int]{
		"FromFuncs":         tens,
		"Reversed":          tens.Reversed(),
		"Atop the identity": flow.Atop(tens, flow.BidiIdentity[int, int]()),
		"under it":          flow.Atop(flow.BidiIdentity[int, int](), tens),
		"of flows":          {Down: flow.Async[int], Up: func(in ints) ints { return flow.TryMap(flow.TryMap(in, tenfold), tenfold) }},
	} {
		t.Run(name, func(t *testing.T) {
			keepsTheLaws(t, bidi.Join(mapped), []int{1, 2, 3}, func() (want []int) {
				for _, v := range []int{1, 2, 3} {
					if name == "of flows" {
						want = append(want, 100*(v+1))
						continue
					}
					want = append(want, 10*(10*v+1))
				}
				return want
			}())
		})
	}
}

// Each direction writes down its way.
func marked(name string) flow.Bidi[string, string, string, string] {
	mark := func(way string) func(context.Context, string) (string, error) {
		return func(_ context.Context, s string) (string, error) { return s + way + name, nil }
	}
	return flow.BidiFromFuncs(mark(">"), mark("<"))
}

func TestStackedBidisAreCrossedInOrder(t *testing.T) {
	a, b, c := marked("a"), marked("b"), marked("c")
	turn := func(in flow.Source[string]) flow.Source[string] { return in }
	for want, f := range map[string]flow.Flow[string, string]{
		"x>a<a":         a.Join(turn),
		"x<a>a":         a.Reversed().Join(turn),
		"x>a>b<b<a":     flow.Atop(a, b).Join(turn),
		"x<b<a>a>b":     flow.Atop(a, b).Reversed().Join(turn),
		"x>a>b>c<c<b<a": flow.Atop(flow.Atop(a, b), c).Join(turn),
	} {
		got, err := flow.Collect(t.Context(), f(flow.Of("x")))
		require.NoError(t, err)
		require.Equal(t, []string{want}, got)
	}
}

func TestAtopIsAssociativeAndJoinsLikeNestedJoins(t *testing.T) {
	a, b, c := marked("a"), marked("b"), marked("c")
	turn := func(in flow.Source[string]) flow.Source[string] { return in }
	want, err := flow.Collect(t.Context(), a.Join(b.Join(c.Join(turn)))(flow.Of("x")))
	require.NoError(t, err)
	for _, f := range []flow.Flow[string, string]{
		flow.Atop(a, flow.Atop(b, c)).Join(turn), flow.Atop(flow.Atop(a, b), c).Join(turn), flow.Atop(a, b).Join(c.Join(turn)),
	} {
		got, err := flow.Collect(t.Context(), f(flow.Of("x")))
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

func BenchmarkBidi(b *testing.B) {
	codec := flow.BidiFromFuncs(tenfold, tenfold)
	b.Run("one", func(b *testing.B) { benchmark(b, codec.Join(mapped)) })
	b.Run("two", func(b *testing.B) { benchmark(b, flow.Atop(codec, codec).Join(mapped)) })
	b.Run("none", func(b *testing.B) { benchmark(b, flow.BidiIdentity[int, int]().Join(mapped)) })
}

func ExampleBidiFromFuncs() {
	codec := flow.BidiFromFuncs(
		func(_ context.Context, s string) (int, error) { return strconv.Atoi(s) },
		func(_ context.Context, n int) (string, error) { return strconv.Itoa(n), nil },
	)
	double := codec.Join(func(in flow.Source[int]) flow.Source[int] {
		return flow.Map(in, func(n int) int { return 2 * n })
	})
	fmt.Println(flow.Collect(context.Background(), double(flow.Of("1", "20", "x"))))
	// Output: [2 40] strconv.Atoi: parsing "x": invalid syntax
}

func ExampleBidiIdentity() {
	echo := flow.BidiIdentity[string, string]().Join(func(in flow.Source[string]) flow.Source[string] { return in })
	fmt.Println(flow.Collect(context.Background(), echo(flow.Of("a", "b"))))
	// Output: [a b] <nil>
}
