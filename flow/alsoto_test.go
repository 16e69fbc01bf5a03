package flow_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleAlsoTo() {
	var stored []string
	store := flow.ForEach(func(_ context.Context, s string) error {
		stored = append(stored, s)
		return nil
	})
	out, err := flow.Collect(context.Background(), flow.AlsoTo(flow.Of("a", "b"), store))
	fmt.Println(out, err, stored)
	// Output: [a b] <nil> [a b]
}

func ExampleDivertTo() {
	var refused []int
	refuse := flow.ForEach(func(_ context.Context, v int) error {
		refused = append(refused, v)
		return nil
	})
	out, err := flow.Collect(context.Background(), flow.DivertTo(flow.Of(1, -2, 3), refuse, func(v int) bool { return v < 0 }))
	fmt.Println(out, err, refused)
	// Output: [1 3] <nil> [-2]
}

func alsoTo[R any](sink flow.Sink[int, R]) flow.Flow[int, int] {
	return func(in ints) ints { return flow.AlsoTo(in, sink) }
}

func divertedTo[R any](sink flow.Sink[int, R]) flow.Flow[int, int] {
	return func(in ints) ints { return flow.DivertTo(in, sink, even) }
}

func tapped[R any](sink flow.Sink[int, R]) flow.Flow[int, int] {
	return func(in ints) ints { return flow.WireTap(in, sink) }
}

// fanSinks are sinks of all kinds that do not fail.
func fanSinks() map[string]flow.Sink[int, struct{}] {
	return map[string]flow.Sink[int, struct{}]{
		"takes all": flow.Ignore[int](),
		"takes all in a loop": flow.NewSink("", func(ctx context.Context, in ints) (struct{}, error) {
			return flow.Ignore[int]().Run(ctx, in)
		}),
		"takes one": flow.NewSink("", func(ctx context.Context, in ints) (struct{}, error) {
			return flow.Ignore[int]().Run(ctx, flow.Take(in, 1))
		}),
		"takes all on another goroutine": flow.NewSink("", func(ctx context.Context, in ints) (struct{}, error) {
			return flow.Ignore[int]().Run(ctx, flow.Async(in))
		}),
		"takes nothing": flow.NewSink("", func(context.Context, ints) (struct{}, error) { return struct{}{}, nil }),
	}
}

func TestFanOutToASinkKeepsTheLaws(t *testing.T) {
	for name, sink := range fanSinks() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			keepsTheLaws(t, alsoTo(sink), []int{1, 2, 3}, []int{1, 2, 3})
			keepsTheLaws(t, divertedTo(sink), []int{1, 2, 3, 4}, []int{1, 3})
			keepsTheLaws(t, tapped(sink), []int{1, 2, 3}, []int{1, 2, 3})
		})
	}
	holds(t, func(in flow.Source[*flowHeld]) flow.Source[*flowHeld] {
		return flow.AlsoTo(in, flow.Ignore[*flowHeld]())
	})
}

func TestPanicInASinkTravels(t *testing.T) {
	leaving := func(leave func()) flow.Sink[int, struct{}] {
		return flow.ForEach(func(context.Context, int) error {
			leave()
			return nil
		})
	}
	panicsTravel(t, func(in ints, leave func()) ints { return flow.AlsoTo(in, leaving(leave)) })
	panicsTravel(t, func(in ints, leave func()) ints { return flow.DivertTo(in, leaving(leave), even) })
	panicsTravel(t, func(in ints, leave func()) ints { return flow.WireTap(in, leaving(leave)) })
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.DivertTo(in, flow.Ignore[int](), func(int) bool {
			leave()
			return true
		})
	})
}

func TestAlsoToIsPacedByItsSink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		slow := flow.ForEach(func(ctx context.Context, v int) error {
			_, err := lasting(ctx, v)
			return err
		})
		values, err := flow.Collect(t.Context(), flow.AlsoTo(flow.Of(1, 2, 3), slow))
		require.NoError(t, err)
		require.Equal(t, []int{1, 2, 3}, values)
		require.Equal(t, 6*time.Second, time.Since(start))
	})
}

func TestSinkOfAlsoToThatFailsEndsTheStream(t *testing.T) {
	failing := flow.ForEach(func(context.Context, int) error { return errTest })
	synctest.Test(t, func(t *testing.T) {
		values, err := flow.Collect(t.Context(), flow.AlsoTo(flow.Concat(flow.Of(1), flow.Never[int]()), failing))
		require.Equal(t, errTest, err)
		require.Equal(t, []int{1}, values)
		values, err = flow.Collect(t.Context(), flow.DivertTo(flow.Concat(flow.Of(1, 2), flow.Never[int]()), failing, even))
		require.Equal(t, errTest, err)
		require.Equal(t, []int{1}, values)
	})
}

func TestSinkOfAlsoToEndsAsTheInputDoes(t *testing.T) {
	for _, want := range []error{nil, errTest} {
		in := flow.Of(1, 2)
		if want != nil {
			in = flow.Concat(in, flow.Fail[int](want))
		}
		var got []int
		var end error
		sink := flow.NewSink("", func(ctx context.Context, in ints) (_ struct{}, err error) {
			got, end = flow.Collect(ctx, in)
			return struct{}{}, nil
		})
		_, err := flow.Collect(t.Context(), flow.AlsoTo(in, sink))
		require.Equal(t, want, err)
		require.Equal(t, want, end)
		require.Equal(t, []int{1, 2}, got)
		_, err = flow.Collect(t.Context(), flow.WireTap(in, sink))
		require.Equal(t, want, err)
		require.Equal(t, want, end)
		require.Equal(t, []int{1, 2}, got)
	}
}

func TestSinkIsCancelledWhenWhatFollowsStops(t *testing.T) {
	for name, f := range map[string]func(flow.Sink[int, struct{}]) flow.Flow[int, int]{
		"AlsoTo": alsoTo[struct{}], "DivertTo": divertedTo[struct{}], "WireTap": tapped[struct{}],
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cancelled := false
				sink := flow.NewSink("", func(ctx context.Context, in ints) (struct{}, error) {
					_, _ = flow.Ignore[int]().Run(ctx, flow.Take(in, 1))
					<-ctx.Done()
					cancelled = true
					return struct{}{}, context.Cause(ctx)
				})
				values, err := flow.Collect(t.Context(), flow.Take(f(sink)(flow.Of(1, 3, 5)), 2))
				require.NoError(t, err)
				require.Equal(t, []int{1, 3}, values)
				require.True(t, cancelled)
			})
		})
	}
}

func TestAlsoToDescribesItsSink(t *testing.T) {
	require.Equal(t, "AlsoTo\n  Of\n  Ignore\n    Of\n", flow.Describe(flow.AlsoTo(flow.Of(1), flow.Ignore[int]())).String())
}

func BenchmarkAlsoTo(b *testing.B)   { benchmark(b, alsoTo(flow.Ignore[int]())) }
func BenchmarkDivertTo(b *testing.B) { benchmark(b, divertedTo(flow.Ignore[int]())) }
