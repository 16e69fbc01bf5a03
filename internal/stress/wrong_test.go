package stress

import (
	"context"
	"math/rand/v2"
	"sync"
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
	same("keeps state from run to run", func(in ints) ints {
		var mu sync.Mutex
		began := false
		return flow.Map(in, func(v int) int {
			mu.Lock()
			defer mu.Unlock()
			if began {
				v++
			}
			began = v%5 == 0
			return v
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

// The test of values that are held would find operators that keep one without holding it, or do not release it.
func TestWrongHoldingIsFound(t *testing.T) {
	for name, wrong := range map[string]struct{ take, give func(*held) }{
		"does not hold":    {func(*held) {}, func(*held) {}},
		"does not release": {(*held).Hold, func(*held) {}},
		"does not keep it": {func(*held) {}, (*held).Release},
	} {
		t.Run(name, func(t *testing.T) {
			late := func(in helds) helds {
				return flow.StatefulMap(in, func() *[]*held { return new([]*held) }, func(kept *[]*held, h *held, _ func(*held) error) error {
					wrong.take(h)
					*kept = append(*kept, h)
					return nil
				}, func(kept *[]*held, emit func(*held) error) error {
					for _, h := range *kept {
						if err := emit(h); err != nil {
							return err
						}
						wrong.give(h)
					}
					return nil
				})
			}
			for seed := range uint64(2000) {
				r := rand.New(rand.NewPCG(seed, 6))
				l := new(lending)
				synctest.Test(t, func(t *testing.T) {
					playHeld(t, r, late(buildHeld(r, l, r.IntN(2))))
					synctest.Wait()
				})
				if l.check() != nil {
					return
				}
			}
			t.Error("not found")
		})
	}
}
