package flow_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
)

// recovering are the operators that recover from errors of their input, each from every error.
func recovering(called func()) map[string]flow.Flow[int, int] {
	return map[string]flow.Flow[int, int]{
		"Recover": func(in ints) ints {
			return flow.Recover(in, func(error) (int, bool) { called(); return 9, true })
		},
		"RecoverWith": func(in ints) ints {
			return flow.RecoverWith(in, -1, func(error) (ints, bool) { called(); return flow.Of(9), true })
		},
		"MapError": func(in ints) ints {
			return flow.MapError(in, func(err error) error { called(); return errors.Join(err, errTest) })
		},
		"OnErrorComplete": func(in ints) ints {
			return flow.OnErrorComplete(in, func(error) bool { called(); return true })
		},
	}
}

func TestRecoveringOperatorsKeepTheLaws(t *testing.T) {
	for name, f := range recovering(func() {}) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			keepsTheLaws(t, f, []int{1, 2, 3}, []int{1, 2, 3}, flowtest.Except(flowtest.Failure))
			keepsTheLaws(t, f, nil, nil, flowtest.Except(flowtest.Failure))
			// An input that fails in the end, so that what recovers is stopped, cancelled and panicked at too.
			failing := func(in ints) ints { return f(flow.Concat(in, flow.Fail[int](errors.New("at last")))) }
			switch name {
			case "MapError":
			case "OnErrorComplete":
				keepsTheLaws(t, failing, []int{1, 2}, []int{1, 2}, flowtest.Except(flowtest.Failure))
			default:
				keepsTheLaws(t, failing, []int{1, 2}, []int{1, 2, 9}, flowtest.Except(flowtest.Failure))
			}
		})
	}
}

func TestPanicInWhatRecoversTravels(t *testing.T) {
	for name := range recovering(nil) {
		panicsTravel(t, func(in ints, leave func()) ints {
			return recovering(leave)[name](flow.Concat(in, flow.Fail[int](errTest)))
		})
	}
}

func TestOnlyFailuresOfTheInputAreRecoveredFrom(t *testing.T) {
	for name, f := range recovering(func() { t.Error("called") }) {
		t.Run("emit says stop to "+name, func(t *testing.T) {
			for _, in := range []ints{flow.Of(1), flow.Async(flow.Of(1))} {
				require.Equal(t, errTest, f(in).Run(t.Context(), func(int) error { return errTest }))
			}
		})
		t.Run(name+" is cancelled", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				go func() {
					synctest.Wait()
					cancel(errTest)
				}()
				require.Equal(t, errTest, f(flow.Never[int]()).Run(ctx, func(int) error { return nil }))
			})
		})
		t.Run("in panics below "+name, func(t *testing.T) {
			require.Panics(t, func() {
				_, _ = flow.Collect(t.Context(), f(flow.Map(flow.Of(1), func(int) int { panic("oops") })))
			})
		})
	}
}

func TestRecoveringCostsNoAllocation(t *testing.T) {
	for name, f := range recovering(nil) {
		require.Zero(t, allocations(f), name)
	}
}

func BenchmarkRecovering(b *testing.B) {
	for name, f := range recovering(nil) {
		b.Run(name, func(b *testing.B) { benchmark(b, f) })
	}
}
