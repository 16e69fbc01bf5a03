package flow_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

// last passes on the last value, from its end and unguarded.
func last(in flow.Source[int]) flow.Source[int] {
	return flow.Operator("Last", in, func(_ context.Context, emit func(int) error, end func(error)) (func(int) error, func(error)) {
		var v int
		return func(next int) error { v = next; return nil }, func(err error) {
			if err == nil {
				err = emit(v)
			}
			end(err)
		}
	})
}

func TestPanicInWhatAnEndEmitsEndsTheStream(t *testing.T) {
	for name, in := range map[string]flow.Source[int]{
		"at once": flow.Of(1, 2, 3),
		"later":   flow.Async(flow.Of(1, 2, 3)),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := flow.Collect(t.Context(), last(in))
			require.NoError(t, err)
			require.Equal(t, []int{3}, got)
			panicking := flow.Map(last(in), func(int) int { panic("oops") })
			var ended error
			done := make(chan struct{})
			panicking.Start(t.Context(), func(int) error { return nil }, func(err error) { ended = err; close(done) })
			<-done
			var p *flow.PanicError
			require.ErrorAs(t, ended, &p)
			require.Equal(t, "oops", p.Value)
		})
	}
}

func TestFromFuncEndsWithEmitsErrorThoughTheFunctionForgetsIt(t *testing.T) {
	careless := flow.FromFunc(func(_ context.Context, emit func(int) error) error {
		for v := range 5 {
			_ = emit(v)
		}
		return nil
	})
	got, err := flow.Collect(t.Context(), flow.Take(careless, 2))
	require.NoError(t, err)
	require.Equal(t, []int{0, 1}, got)
	stop := errors.New("stop")
	require.ErrorIs(t, careless.Run(t.Context(), func(int) error { return stop }), stop)
}

func TestNamedSourcesAreDescribedByTheirNames(t *testing.T) {
	in := flow.Of(1)
	named := flow.FromFunc(in.Run).Named("Mine", flow.Describe(in))
	require.Equal(t, "Mine\n  Of\n", flow.Describe(named).String())
	require.Equal(t, "Yours\n  Of\n", flow.Describe(named.Named("Yours")).String())
}
