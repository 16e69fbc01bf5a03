package stress

import (
	"context"
	"errors"
	"iter"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/wsflow/wsflow/flow"
)

// What is here are the operators whose values pass as they are, or in groups that are taken apart.

func using(_ context.Context, h *held) (*held, error) {
	h.use()
	return h, nil
}

func usingSlowly(ctx context.Context, h *held) (*held, error) {
	if _, err := takingTime(ctx, 3*h.use().n); err != nil {
		return nil, err
	}
	return h.use(), nil
}

func number(h *held) int { return h.use().n }

func isEven(h *held) bool { return h.use().n%2 == 0 }

func ungrouped(groups flow.Source[[]*held]) helds {
	return flow.MapConcat(groups, func(group []*held) []*held { return group })
}

func paired(pairs flow.Source[flow.Pair[*held, *held]]) helds {
	return flow.MapConcat(pairs, func(p flow.Pair[*held, *held]) []*held { return []*held{p.First, p.Second} })
}

func sameHeld(in helds) helds { return in }

func plainly(f flow.Flow[*held, *held]) func(*rand.Rand, helds) helds {
	return func(_ *rand.Rand, in helds) helds { return f(in) }
}

func numbered(f func(in helds, n int) helds) func(*rand.Rand, helds) helds {
	return func(r *rand.Rand, in helds) helds { return f(in, r.IntN(4)) }
}

var errHeld = errors.New("stress: a value that is not liked")

var heldStages []func(*rand.Rand, helds) helds

// innerHeld is a flow of two stages at random.
func innerHeld(r *rand.Rand) flow.Flow[*held, *held] {
	seed := r.Uint64()
	return func(in helds) helds {
		r := rand.New(rand.NewPCG(seed, 5))
		for range 2 {
			in = heldStages[r.IntN(len(heldStages))](r, in)
		}
		return in
	}
}

func newest(a, b *held) *held {
	a.use()
	return b.use()
}

var plainHeld = []func(*rand.Rand, helds) helds{
	plainly(flow.Async[*held]),
	plainly(func(in helds) helds { return flow.MapAsync(in, 2, usingSlowly) }),
	plainly(func(in helds) helds { return flow.MapAsyncUnordered(in, 3, usingSlowly) }),
	plainly(func(in helds) helds {
		return flow.MapAsyncPartitioned(in, 3, isEven, func(ctx context.Context, _ bool, h *held) (*held, error) { return usingSlowly(ctx, h) })
	}),
	plainly(func(in helds) helds {
		return flow.MapAsync(in, 3, func(ctx context.Context, h *held) (*held, error) {
			if h.use().n == 4 {
				return nil, flow.ErrSkip
			}
			if h.n == 6 {
				return nil, errHeld
			}
			return usingSlowly(ctx, h)
		})
	}),
	func(r *rand.Rand, in helds) helds {
		return flow.Buffer(in, 1+r.IntN(3), flow.OverflowStrategy(r.IntN(5)))
	},
	plainly(func(in helds) helds { return flow.Buffer(in, 1<<20, flow.Backpressure) }),
	func(r *rand.Rand, in helds) helds {
		return flow.Delay(in, 2*time.Millisecond, 1+r.IntN(3), flow.OverflowStrategy(r.IntN(5)))
	},
	plainly(func(in helds) helds { return flow.Conflate(in, newest) }),
	plainly(func(in helds) helds { return flow.Batch(in, 3, func(h *held) *held { return h.use() }, newest) }),
	plainly(func(in helds) helds {
		return flow.Expand(in, func(h *held) iter.Seq[*held] {
			return func(yield func(*held) bool) {
				for range 3 {
					if !yield(h.use()) {
						return
					}
					time.Sleep(100 * time.Microsecond)
				}
			}
		})
	}),
	plainly(func(in helds) helds { return flow.TryMap(in, using) }),
	plainly(func(in helds) helds { return flow.Filter(in, isEven) }),
	numbered(flow.Take[*held]),
	numbered(flow.Drop[*held]),
	numbered(flow.TakeLast[*held]),
	numbered(func(in helds, n int) helds { return ungrouped(flow.Grouped(in, n+1)) }),
	numbered(func(in helds, n int) helds { return ungrouped(flow.GroupedWeighted(in, n+1, number)) }),
	numbered(func(in helds, n int) helds { return ungrouped(flow.Sliding(in, n+1, 2)) }),
	numbered(func(in helds, n int) helds { return ungrouped(flow.GroupedWithin(in, n+1, 2*time.Millisecond)) }),
	numbered(func(in helds, n int) helds {
		return ungrouped(flow.GroupedWeightedWithin(in, n+1, 2*time.Millisecond, number))
	}),
	plainly(func(in helds) helds { return flow.Debounce(in, time.Millisecond) }),
	plainly(func(in helds) helds { return flow.IdleTimeout(in, 4*time.Millisecond) }),
	plainly(func(in helds) helds { return flow.BackpressureTimeout(in, 4*time.Millisecond) }),
	plainly(func(in helds) helds { return flow.TakeWithin(in, 4*time.Millisecond) }),
	plainly(func(in helds) helds { return flow.Throttle(in, flow.Rate{N: 1, Per: time.Millisecond}) }),
	plainly(func(in helds) helds { return flow.InitialDelay(in, 3*time.Millisecond) }),
	plainly(func(in helds) helds {
		return flow.Drop(flow.Scan(in, nil, func(_ context.Context, before, h *held) (*held, error) {
			if before != nil {
				before.use()
			}
			return h.use(), nil
		}), 1) // which is nil
	}),
	plainly(func(in helds) helds {
		return flow.DropRepeatedFunc(in, func(last, h *held) bool { return last.n == number(h) }) // the last one is not held
	}),
	plainly(func(in helds) helds {
		return flow.FlatMapConcat(in, func(h *held) helds { return flow.InitialDelay(flow.Of(h.use(), h), time.Millisecond) })
	}),
	plainly(func(in helds) helds {
		return flow.FlatMapMerge(in, 2, func(h *held) helds { return flow.InitialDelay(flow.Of(h.use(), h), time.Millisecond) })
	}),
	plainly(func(in helds) helds {
		return flow.SwitchMap(in, func(h *held) helds { return flow.InitialDelay(flow.Of(h.use(), h), time.Millisecond) })
	}),
	plainly(func(in helds) helds { return flow.OnErrorComplete(in, nil) }),
}

// nestedHeld have flows inside.
var nestedHeld = []func(*rand.Rand, helds) helds{
	func(r *rand.Rand, in helds) helds {
		f := innerHeld(r)
		return flow.FlatMapPrefix(in, r.IntN(3), func(_ context.Context, prefix []*held) (flow.Flow[*held, *held], error) {
			for _, h := range prefix {
				h.use()
			}
			return f, nil
		})
	},
	func(r *rand.Rand, in helds) helds {
		f := innerHeld(r)
		return flow.GroupBy(in, 2, isEven, func(_ bool, in helds) helds { return f(in) })
	},
	func(r *rand.Rand, in helds) helds { return flow.SplitAfter(in, isEven, innerHeld(r)) },
	func(r *rand.Rand, in helds) helds { return flow.Broadcast(in, innerHeld(r), sameHeld, innerHeld(r)) },
	func(r *rand.Rand, in helds) helds {
		return flow.Partition(in, func(h *held) int { return number(h) & 1 }, innerHeld(r), innerHeld(r))
	},
	func(r *rand.Rand, in helds) helds { return flow.Balance(in, innerHeld(r), sameHeld) },
	func(r *rand.Rand, in helds) helds {
		return flow.AlsoTo(in, flow.To(innerHeld(r), flow.ForEachAsync(2, func(ctx context.Context, h *held) error {
			_, err := usingSlowly(ctx, h)
			return err
		})))
	},
	func(r *rand.Rand, in helds) helds { return flow.WireTap(in, flow.To(innerHeld(r), flow.Head[*held]())) },
	func(r *rand.Rand, in helds) helds {
		f := innerHeld(r)
		return flow.LazyFlow(func(context.Context) (flow.Flow[*held, *held], error) { return f, nil })(in)
	},
	func(r *rand.Rand, in helds) helds {
		f := innerHeld(r)
		return flow.RestartFlow(soon, func(context.Context) (flow.Flow[*held, *held], error) { return f, nil })(in)
	},
	func(r *rand.Rand, in helds) helds { return flow.BidiIdleTimeout(innerHeld(r), 5*time.Millisecond)(in) },
}

func init() { heldStages = slices.Concat(plainHeld, nestedHeld) }

var heldJoins = []func([]helds) helds{
	func(in []helds) helds { return flow.Concat(in...) },
	func(in []helds) helds { return flow.Merge(in...) },
	func(in []helds) helds { return flow.MergePreferred(in[0], in[1:]...) },
	func(in []helds) helds {
		return flow.MergeSorted(func(a, b *held) int { return number(a) - number(b) }, in...)
	},
	func(in []helds) helds { return flow.Interleave(2, in...) },
	func(in []helds) helds { return paired(flow.Zip(in[0], in[1])) },
	func(in []helds) helds { return ungrouped(flow.ZipN(in...)) },
	func(in []helds) helds { return paired(flow.ZipLatest(in[0], in[1])) },
	func(in []helds) helds { return ungrouped(flow.MergeLatest(in...)) },
	func(in []helds) helds { return flow.OrElse(in[0], in[1]) },
}
