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

func ExampleFromSinkAndSource() {
	var got []string
	logging := flow.ForEach(func(_ context.Context, s string) error {
		got = append(got, s)
		return nil
	})
	chat := flow.FromSinkAndSource(logging, flow.Concat(flow.Of("hello"), flow.Never[string]()))
	out, err := flow.Collect(context.Background(), chat(flow.Of("hi", "bye")))
	fmt.Println(len(out) <= 1, err, got) // the input's end may come before the hello is out
	// Output: true <nil> [hi bye]
}

func ExampleFromSinkAndSourceUncoupled() {
	talk := flow.FromSinkAndSourceUncoupled(flow.Ignore[string](), flow.Of("one", "two"))
	fmt.Println(flow.Collect(context.Background(), talk(flow.Empty[string]())))
	// Output: [one two] <nil>
}

func TestFromSinkAndSourceKeepsTheLaws(t *testing.T) {
	coupled := flow.FromSinkAndSource(flow.Ignore[int](), flow.Concat(flow.Of(7, 8), flow.Never[int]()))
	keepsTheLaws(t, flow.Flow[int, int](coupled), []int{1, 2}, []int{7, 8}, flowtest.Lossy())
}

func TestFromSinkAndSourceUncoupledKeepsTheLaws(t *testing.T) {
	uncoupled := flow.FromSinkAndSourceUncoupled(flow.Ignore[int](), flow.Of(7, 8, 9))
	keepsTheLaws(t, flow.Flow[int, int](uncoupled), []int{1, 2}, []int{7, 8, 9})
}

func TestPanicInEitherSideOfAPairTravels(t *testing.T) {
	for _, pair := range []func(flow.Sink[int, struct{}], ints) flow.Flow[int, int]{
		flow.FromSinkAndSource[int, struct{}, int], flow.FromSinkAndSourceUncoupled[int, struct{}, int],
	} {
		panicsTravel(t, func(in ints, leave func()) ints {
			return pair(flow.ForEach(func(context.Context, int) error {
				leave()
				return nil
			}), flow.Never[int]())(in)
		})
		panicsTravel(t, func(in ints, leave func()) ints {
			return pair(flow.Ignore[int](), flow.Map(flow.Of(1), func(v int) int {
				leave()
				return v
			}))(flow.Concat(flow.Never[int](), in))
		})
	}
}

func TestEndingOfPairs(t *testing.T) {
	type pair = func(flow.Sink[int, struct{}], ints) flow.Flow[int, int]
	coupled, uncoupled := pair(flow.FromSinkAndSource[int, struct{}, int]), pair(flow.FromSinkAndSourceUncoupled[int, struct{}, int])
	never := flow.Never[int]()
	failing := flow.ForEach(func(context.Context, int) error { return errTest })
	enough := flow.NewSink("Enough", func(context.Context, ints) (struct{}, error) { return struct{}{}, nil })
	for _, test := range []struct {
		name   string
		pair   pair
		in     ints
		sink   flow.Sink[int, struct{}]
		source ints
		err    error
		lasts  time.Duration
	}{
		{"the input's end cancels the source", coupled, flow.Of(1), flow.Ignore[int](), never, nil, 0},
		{"the input's error fails the stream", coupled, flow.Fail[int](errTest), flow.Ignore[int](), never, errTest, 0},
		{"the sink's end cancels the source", coupled, never, enough, never, nil, 0},
		{"the sink's error fails the stream", coupled, flow.Concat(flow.Of(1), never), failing, never, errTest, 0},
		{"the source's end cancels the sink", coupled, never, flow.Ignore[int](), flow.Of(1), nil, 0},
		{"the source's error fails the stream", coupled, never, flow.Ignore[int](), flow.Fail[int](errTest), errTest, 0},
		{"a later error does not count", coupled, after(1*time.Second, flow.Empty[int]()), flow.Ignore[int](), after(2*time.Second, flow.Fail[int](errTest)), nil, 1 * time.Second},
		{"a later end does not count", coupled, after(2*time.Second, flow.Empty[int]()), flow.Ignore[int](), after(1*time.Second, flow.Fail[int](errTest)), errTest, 1 * time.Second},
		{"uncoupled, the input's end changes nothing", uncoupled, flow.Of(1), flow.Ignore[int](), after(time.Second, flow.Of(1)), nil, time.Second},
		{"uncoupled, the source's end changes nothing", uncoupled, after(time.Second, flow.Of(1)), flow.Ignore[int](), flow.Of(1), nil, time.Second},
		{"uncoupled, the sink's error waits", uncoupled, flow.Of(1), failing, after(time.Second, flow.Of(1)), errTest, time.Second},
		{"uncoupled, the first error counts", uncoupled, flow.Of(1), failing, after(time.Second, flow.Fail[int](flow.ErrEmpty)), errTest, time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				_, err := flow.Collect(t.Context(), test.pair(test.sink, test.source)(test.in))
				require.Equal(t, test.err, err)
				require.Equal(t, test.lasts, time.Since(start))
			})
		})
	}
}
