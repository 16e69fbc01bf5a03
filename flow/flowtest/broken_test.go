package flowtest_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
)

type (
	ints    = flow.Source[int]
	emitInt = func(int) error
	ending  = func(error)
)

// operator makes a flow of a wrap.
func operator(wrap func(ctx context.Context, emit emitInt, end ending) (emitInt, ending)) flow.Flow[int, int] {
	return func(in ints) ints { return flow.Operator("broken", in, wrap) }
}

// started makes a flow of a start.
func started(start func(in ints, ctx context.Context, emit emitInt, end ending)) flow.Flow[int, int] {
	return func(in ints) ints {
		return flow.NewSource("broken", func(ctx context.Context, emit func(int) error, end func(error)) {
			start(in, ctx, emit, end)
		})
	}
}

var brokenOperators = []struct {
	name string
	law  flowtest.Law
	flow flow.Flow[int, int]
}{
	{"leaves out a value", flowtest.Values, func(in ints) ints {
		return flow.Filter(in, func(v int) bool { return v != 2 })
	}},
	{"changes the order", flowtest.Values, func(in ints) ints {
		return flow.Concat(flow.Drop(in, 1), flow.Take(in, 1))
	}},
	{"keeps state from run to run", flowtest.Again, remembering()},
	{"emits after the end", flowtest.SilentAfterEnd, operator(func(_ context.Context, emit emitInt, end ending) (emitInt, ending) {
		return emit, func(err error) {
			end(err)
			_ = emit(9)
		}
	})},
	{"ends twice", flowtest.EndsOnce, operator(func(_ context.Context, emit emitInt, end ending) (emitInt, ending) {
		return emit, func(err error) {
			end(err)
			end(err)
		}
	})},
	{"does not end", flowtest.Ends, operator(func(_ context.Context, emit emitInt, _ ending) (emitInt, ending) {
		return emit, func(error) {}
	})},
	{"swallows emit's error", flowtest.Stop, operator(func(_ context.Context, emit emitInt, end ending) (emitInt, ending) {
		return func(v int) error {
			_ = emit(v)
			return nil
		}, end
	})},
	{"completes when emit says stop", flowtest.Stop, operator(func(_ context.Context, emit emitInt, end ending) (emitInt, ending) {
		var stop error
		return func(v int) error {
				stop = emit(v)
				return stop
			}, func(err error) {
				if stop != nil {
					err = nil
				}
				end(err)
			}
	})},
	{"wraps emit's error", flowtest.Stop, operator(func(_ context.Context, emit emitInt, end ending) (emitInt, ending) {
		return func(v int) error {
			if err := emit(v); err != nil {
				return fmt.Errorf("wrapped: %w", err)
			}
			return nil
		}, end
	})},
	{"ignores the context", flowtest.Cancel, func(in ints) ints {
		return flow.FromFunc(func(ctx context.Context, emit func(int) error) error {
			return in.Run(context.WithoutCancel(ctx), emit)
		})
	}},
	{"does not cancel its input", flowtest.Ends, func(in ints) ints {
		return flow.FromFunc(func(ctx context.Context, emit func(int) error) error {
			return in.Run(context.WithoutCancel(ctx), emit)
		})
	}},
	{"ends with ctx.Err", flowtest.Cancel, operator(func(ctx context.Context, emit emitInt, end ending) (emitInt, ending) {
		return emit, func(err error) {
			if ctx.Err() != nil {
				err = ctx.Err()
			}
			end(err)
		}
	})},
	{"swallows the input's error", flowtest.Failure, operator(func(_ context.Context, emit emitInt, end ending) (emitInt, ending) {
		return emit, func(error) { end(nil) }
	})},
	{"lets an error overtake", flowtest.Failure, started(overtaking)},
	{"loses a panic", flowtest.Panics, operator(func(_ context.Context, emit emitInt, end ending) (emitInt, ending) {
		return func(v int) (err error) {
			defer func() {
				if p := recover(); p != nil {
					err = errors.New("something went wrong")
				}
			}()
			return emit(v)
		}, end
	})},
	{"goes on after a panic", flowtest.Panics, operator(func(_ context.Context, emit emitInt, end ending) (emitInt, ending) {
		return func(v int) error {
			defer func() { _ = recover() }()
			return emit(v)
		}, end
	})},
	{"leaves a goroutine", flowtest.NoGoroutineLeft, started(func(in ints, ctx context.Context, emit emitInt, end ending) {
		flow.Go(ctx, func() {
			go time.Sleep(2 * time.Second)
			in.Start(ctx, emit, end)
		})
	})},
	{"overlaps calls of emit", flowtest.NoOverlap, func(in ints) ints { return unlocked(in, flow.Empty[int]()) }},
	{"ends while emit is at work", flowtest.NoOverlap, started(hasty)},
	{"emits from elsewhere before start is out", flowtest.InsideStart, started(func(in ints, ctx context.Context, emit emitInt, end ending) {
		first := make(chan error)
		go flow.Guard(func(err error) { first <- err }, func() error { return emit(1) })
		if err := <-first; err != nil {
			end(err)
			return
		}
		flow.Go(ctx, func() { flow.Drop(in, 1).Start(ctx, emit, end) })
	})},
}

// A checker that finds nothing wrong with a broken operator is worth nothing.
func TestBrokenOperatorsAreReported(t *testing.T) {
	for _, broken := range brokenOperators {
		t.Run(broken.name, func(t *testing.T) {
			t.Parallel()
			err := flowtest.TestFlow(broken.flow, []int{1, 2, 3}, []int{1, 2, 3}, flowtest.Patience(250*time.Millisecond))
			require.Error(t, err)
			require.True(t, flowtest.Violated(err, broken.law), "%v", err)
			err = flowtest.TestFlow(broken.flow, []int{1, 2, 3}, []int{1, 2, 3}, flowtest.Patience(250*time.Millisecond), flowtest.Except(broken.law))
			require.False(t, flowtest.Violated(err, broken.law), "%v", err)
		})
	}
}

// aside runs f on a goroutine of its own. A panic would end the test.
func aside(f func()) {
	go flow.Guard(func(error) {}, func() error {
		f()
		return nil
	})
}

// remembering counts the values of all its runs as one.
func remembering() flow.Flow[int, int] {
	return func(in ints) ints {
		var mu sync.Mutex
		n := 0
		return flow.Filter(in, func(int) bool {
			mu.Lock()
			defer mu.Unlock()
			n++
			return n <= 3
		})
	}
}

// overtaking is an asynchronous boundary that looks for an error before it looks for values.
func overtaking(in ints, ctx context.Context, emit emitInt, end ending) {
	flow.Go(ctx, func() {
		values, ended := make(chan int, 10), make(chan error, 1)
		go in.Start(ctx, func(v int) error {
			values <- v
			return nil
		}, func(err error) { ended <- err })
		flow.Guard(end, func() error {
			for {
				time.Sleep(100 * time.Microsecond)
				select {
				case err := <-ended:
					return err
				case v := <-values:
					if len(ended) > 0 {
						return <-ended
					}
					if err := emit(v); err != nil {
						return err
					}
				}
			}
		})
	})
}

// unlocked is a merge without a lock.
func unlocked(sources ...ints) ints {
	return flow.NewSource("unlocked", func(ctx context.Context, emit func(int) error, end func(error)) {
		flow.Go(ctx, func() {
			var all sync.WaitGroup
			var mu sync.Mutex
			var first error
			for _, in := range sources {
				all.Add(2)
				for _, half := range []ints{flow.Take(in, 2), flow.Drop(in, 2)} {
					half.Start(ctx, func(v int) error {
						aside(func() { _ = emit(v) })
						return nil
					}, func(err error) {
						mu.Lock()
						first = errors.Join(first, err)
						mu.Unlock()
						all.Done()
					})
				}
			}
			all.Wait()
			end(first)
		})
	})
}

// hasty ends when its input does, while another goroutine still emits.
func hasty(in ints, ctx context.Context, emit emitInt, end ending) {
	flow.Go(ctx, func() {
		values := make(chan int, 10)
		in.Start(ctx, func(v int) error {
			values <- v
			return nil
		}, func(err error) {
			close(values)
			aside(func() {
				for v := range values {
					_ = emit(v)
				}
			})
			time.Sleep(500 * time.Microsecond)
			end(err)
		})
	})
}

func TestLostPanicIsReported(t *testing.T) {
	err := flowtest.TestPanic(func(in ints) ints {
		return flow.TryMap(in, func(context.Context, int) (v int, err error) {
			defer func() {
				if p := recover(); p != nil {
					err = fmt.Errorf("%v", p)
				}
			}()
			panic("oops")
		})
	}, []int{1})
	require.True(t, flowtest.Violated(err, flowtest.Panics), "%v", err)
}

func TestBrokenHoldingIsReported(t *testing.T) {
	type held = flow.Source[*flowtest.Held]
	last := func(in held, before, after func(*flowtest.Held)) held {
		return flow.Operator("last", in, func(_ context.Context, emit func(*flowtest.Held) error, end func(error)) (func(*flowtest.Held) error, func(error)) {
			var kept *flowtest.Held
			return func(h *flowtest.Held) error {
					before(h)
					kept = h
					return nil
				}, func(err error) {
					if kept == nil {
						end(err)
						return
					}
					flow.Guard(end, func() error {
						defer after(kept)
						if err != nil {
							return err
						}
						return emit(kept)
					})
				}
		})
	}
	hold, release, nothing := (*flowtest.Held).Hold, (*flowtest.Held).Release, func(*flowtest.Held) {}
	for _, broken := range []struct {
		name          string
		before, after func(*flowtest.Held)
		want          string
	}{
		{"neither holds nor releases", nothing, nothing, "while nobody holds it"},
		{"does not hold", nothing, release, "released more often"},
		{"does not release", hold, nothing, "still held"},
	} {
		t.Run(broken.name, func(t *testing.T) {
			err := flowtest.TestHolding(func(in held) held { return last(in, broken.before, broken.after) }, 1)
			require.True(t, flowtest.Violated(err, flowtest.Balance), "%v", err)
			require.ErrorContains(t, err, broken.want)
		})
	}
	require.NoError(t, flowtest.TestHolding(func(in held) held { return last(in, hold, release) }, 1))
}

func TestBrokenSourcesAreReported(t *testing.T) {
	err := flowtest.TestSource(func() ints { return flow.FromChan(closed(1, 2)) }, []int{1, 2})
	require.True(t, flowtest.Violated(err, flowtest.Again), "%v", err)
	err = flowtest.TestSource(func() ints { return flow.Of(1, 2) }, []int{1, 2}, flowtest.OneShot())
	require.True(t, flowtest.Violated(err, flowtest.Again), "%v", err)
	err = flowtest.TestSource(func() ints { return flow.Of(1, 2) }, []int{2, 1})
	require.True(t, flowtest.Violated(err, flowtest.Values), "%v", err)
}

func closed(values ...int) <-chan int {
	c := make(chan int, len(values))
	for _, v := range values {
		c <- v
	}
	close(c)
	return c
}
