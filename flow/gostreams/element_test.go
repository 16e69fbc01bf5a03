package gostreams_test

import (
	"context"
	"fmt"
	"reflect"
	"testing"
	"testing/synctest"

	"github.com/reugn/go-streams"
	gsflow "github.com/reugn/go-streams/flow"
	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
	"github.com/wsflow/wsflow/flow/gostreams"
	"github.com/wsflow/wsflow/message"
)

func ExampleTypeError() {
	wrong := gostreams.Flow[int, int](func(_ context.Context, in streams.Source) streams.Flow {
		return in.Via(gsflow.NewMap(func(v int) any {
			if v == 2 {
				return "two"
			}
			return v
		}, 1))
	})
	fmt.Println(flow.Collect(context.Background(), wrong(flow.Of(1, 2, 3))))
	// Output: [1] gostreams: got an element of type string, want int
}

func typeError(t *testing.T, err error, got, want reflect.Type) {
	t.Helper()
	var wrong *gostreams.TypeError
	require.ErrorAs(t, err, &wrong)
	require.Equal(t, gostreams.TypeError{Got: got, Want: want}, *wrong)
}

func passThrough(_ context.Context, in streams.Source) streams.Flow {
	return in.Via(gsflow.NewPassThrough())
}

func TestElementOfAnotherTypeEndsTheStreamWhereverItArrives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		text, number := reflect.TypeFor[string](), reflect.TypeFor[int]()

		got, err := flow.Collect(t.Context(), gostreams.Flow[any, int](passThrough)(flow.Of[any](1, "two", 3)))
		typeError(t, err, text, number)
		require.Equal(t, []int{1}, got)

		got, err = flow.Collect(t.Context(), gostreams.Source[int](func(ctx context.Context) (streams.Source, error) {
			return giving(ctx, 1, "two", 3), nil
		}))
		typeError(t, err, text, number)
		require.Equal(t, []int{1}, got)

		stage := gostreams.AsFlow(t.Context(), same)
		var after []any
		for v := range giving(t.Context(), 1, "two", 3).Via(stage).Out() {
			after = append(after, v)
		}
		typeError(t, stage.Err(), text, number)
		require.Equal(t, []any{1}, after)

		inlet := gostreams.AsSink(t.Context(), flow.ToSlice[int]())
		giving(t.Context(), 1, "two", 3).Via(gsflow.NewPassThrough()).To(inlet)
		got, err = inlet.Result()
		typeError(t, err, text, number)
		require.Equal(t, []int{1}, got)
	})
}

// The check between operators that the documentation of AsFlow describes.
func TestFlowThatDoesNothingIsACheckBetweenOperators(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		build := func(ctx context.Context, in streams.Source) streams.Flow {
			toWords := gsflow.NewMap(func(v int) any {
				if v == 2 {
					return v
				}
				return fmt.Sprint(v)
			}, 1)
			words := func(in flow.Source[string]) flow.Source[string] { return in }
			return in.Via(toWords).Via(gostreams.AsFlow(ctx, words)).Via(gsflow.NewMap(func(s string) string { return s + "!" }, 1))
		}
		got, err := flow.Collect(t.Context(), gostreams.Flow[int, string](build)(flow.Of(1, 2, 3)))
		typeError(t, err, reflect.TypeFor[int](), reflect.TypeFor[string]())
		require.Equal(t, []string{"1!"}, got)
	})
}

// An operator of go-streams panics with a nil element, also one of any type.
func TestNilInterfaceDoesNotEnterAChain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		anything := gostreams.Flow[any, any](func(_ context.Context, in streams.Source) streams.Flow {
			return in.Via(gsflow.NewMap(func(v any) any { return v }, 1))
		})
		got, err := flow.Collect(t.Context(), anything(flow.Of[any](1, nil)))
		typeError(t, err, nil, reflect.TypeFor[any]())
		require.ErrorContains(t, err, "a nil element, want interface {}")
		require.Equal(t, []any{1}, got)

		outlet := gostreams.AsSource(t.Context(), flow.Of[any](nil))
		for v := range outlet.Out() {
			require.Fail(t, "came out", v)
		}
		typeError(t, outlet.Err(), nil, reflect.TypeFor[any]())

		sink := gostreams.Sink[error](func(context.Context) (streams.Sink, error) { return newCollecting(), nil })
		_, err = sink.Run(t.Context(), flow.Of[error](nil))
		typeError(t, err, nil, reflect.TypeFor[error]())
	})
}

func TestNilElementIsTheZeroValueOfAnInterface(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		none := func(_ context.Context, in streams.Source) streams.Flow {
			return in.Via(gsflow.NewMap(func(int) error { return nil }, 1))
		}
		got, err := flow.Collect(t.Context(), gostreams.Flow[int, error](none)(flow.Of(1)))
		require.NoError(t, err)
		require.Equal(t, []error{nil}, got)

		_, err = flow.Collect(t.Context(), through(none)(flow.Of(1)))
		typeError(t, err, nil, reflect.TypeFor[int]())
	})
}

func TestValuesThatNeedHoldingAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		held := gostreams.Flow[*flowtest.Held, *flowtest.Held](passThrough)
		require.NoError(t, flowtest.TestHolding(held, 3))
		_, err := flow.Collect(t.Context(), held(flow.Of(new(flowtest.Held))))
		require.ErrorIs(t, err, gostreams.ErrHolder)
		require.ErrorContains(t, err, "*flowtest.Held")
	})
}

func TestStrictMessagesPassAndStreamedOnesAreMadeStrictBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		messages := gostreams.Flow[message.Message, message.Message](passThrough)
		streamed := message.TextStream(flow.Of("he", "llo"))
		in := flow.Of(message.Text("hi"), streamed)

		got, err := flow.Collect(t.Context(), messages(in))
		require.ErrorIs(t, err, gostreams.ErrHolder)
		require.Equal(t, []message.Message{message.Text("hi")}, got)

		strict := flow.TryMap(in, func(ctx context.Context, m message.Message) (message.Message, error) { return m.Strict(ctx, 0) })
		got, err = flow.Collect(t.Context(), messages(strict))
		require.NoError(t, err)
		require.Equal(t, []message.Message{message.Text("hi"), message.ValidText("hello")}, got)
	})
}

func TestStreamedMessageMayComeOutOfAChain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toStream := gostreams.Flow[string, message.Message](func(_ context.Context, in streams.Source) streams.Flow {
			return in.Via(gsflow.NewMap(func(s string) message.Message { return message.TextStream(flow.Of(s, "!")) }, 1))
		})
		got, err := flow.Collect(t.Context(), toStream(flow.Of("hi")))
		require.NoError(t, err)
		strict, err := got[0].Strict(t.Context(), 0)
		require.NoError(t, err)
		require.Equal(t, "hi!", strict.Text())
	})
}
