package stress

import (
	"context"
	"math/rand/v2"
	"testing"
	"testing/synctest"

	"github.com/wsflow/wsflow/flow"
)

type (
	emitInt = func(int) error
	ending  = func(error)
)

// wrongStages do what operators must not do.
var wrongStages = []stage{
	same("loses the first value", func(in ints) ints { return flow.Drop(in, 1) }),
	same("gives the last value twice", func(in ints) ints {
		return flow.StatefulMap(in, func() *int { return new(int) }, func(last *int, v int, emit func(int) error) error {
			*last = v
			return emit(v)
		}, func(last *int, emit func(int) error) error { return emit(*last) })
	}),
	same("loses errors", func(in ints) ints { return flow.OnErrorComplete(in, nil) }),
	same("goes on after stop", func(in ints) ints {
		return flow.Operator("wrong", in, func(_ context.Context, emit emitInt, end ending) (emitInt, ending) {
			return func(v int) error {
				_ = emit(v)
				return nil
			}, end
		})
	}),
	same("ends twice", func(in ints) ints {
		return flow.Operator("wrong", in, func(_ context.Context, emit emitInt, end ending) (emitInt, ending) {
			return emit, func(err error) {
				end(err)
				end(err)
			}
		})
	}),
	same("swallows panics", func(in ints) ints {
		return flow.Operator("wrong", in, func(_ context.Context, emit emitInt, end ending) (emitInt, ending) {
			return func(v int) error {
				defer func() { _ = recover() }()
				return emit(v)
			}, end
		})
	}),
	same("emits from two goroutines", func(in ints) ints {
		return flow.NewSource("wrong", func(ctx context.Context, emit emitInt, end ending) {
			flow.Go(ctx, func() {
				in.Start(ctx, emit, func(err error) {
					done := make(chan struct{})
					go flow.Guard(func(error) { close(done) }, func() error { return emit(1) })
					end(err)
					<-done
				})
			})
		})
	}),
}

// The test of random graphs would find such operators.
func TestWrongOperatorsAreFound(t *testing.T) {
	for _, wrong := range wrongStages {
		t.Run(wrong.name, func(t *testing.T) {
			for seed := range uint64(2000) {
				r := rand.New(rand.NewPCG(seed, 3))
				var found error
				synctest.Test(t, func(t *testing.T) { found = wrong.stage(r, build(r, r.IntN(2))).play(t, r) })
				if found != nil {
					return
				}
			}
			t.Error("not found")
		})
	}
}
