package stress

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/wsflow/wsflow/flow"
)

var errRate = errors.New("stress: too fast")

// timeStages have to do with time. What a timeout of some milliseconds makes of a stream is anybody's guess; with one of an hour it
// is nothing.
var timeStages = []stage{
	timeout("IdleTimeout", flow.IdleTimeout[int]),
	timeout("InitialTimeout", flow.InitialTimeout[int]),
	timeout("CompletionTimeout", flow.CompletionTimeout[int]),
	timeout("BackpressureTimeout", flow.BackpressureTimeout[int]),
	timeout("BidiIdleTimeout", func(in ints, d time.Duration) ints { return flow.BidiIdleTimeout(flow.Async[int], d)(in) }),
	{"TakeWithin", func(r *rand.Rand, in graph) graph {
		d := short(r)
		return graph{flow.TakeWithin(in.source, d), in.model.weaken(some).cutShort().with(nil)}
	}},
	{"DropWithin", func(r *rand.Rand, in graph) graph {
		d := short(r)
		return graph{flow.DropWithin(in.source, d), in.model.weaken(some)}
	}},
	same("InitialDelay", func(in ints) ints { return flow.InitialDelay(in, 3*time.Millisecond) }),
	same("Throttle", func(in ints) ints { return flow.Throttle(in, flow.Rate{N: 2, Per: time.Millisecond}) }),
	same("ThrottleWeighted", func(in ints) ints {
		return flow.ThrottleWeighted(in, flow.Rate{N: 1000, Per: time.Millisecond}, func(v int) int { return v & 0xfff })
	}),
	{"EnforceRate", func(_ *rand.Rand, in graph) graph {
		rate := flow.Rate{N: 1, Per: time.Millisecond}
		return graph{flow.EnforceRate(in.source, rate, func(context.Context, int) (int, error) { return 0, errRate }), in.model.weaken(some).with(errRate)}
	}},
	{"EnforceRateWeighted", func(_ *rand.Rand, in graph) graph {
		rate := flow.Rate{N: 3, Per: time.Millisecond}
		dropping := flow.EnforceRateWeighted(in.source, rate, func(int) int { return 2 }, func(context.Context, int) (int, error) {
			return 0, flow.ErrSkip
		})
		return graph{dropping, in.model.weaken(some)}
	}},
	{"Debounce", func(r *rand.Rand, in graph) graph {
		d := short(r)
		return graph{flow.Debounce(in.source, d), in.model.weaken(some)}
	}},
	summed("KeepAlive", func(in ints) ints { return flow.KeepAlive(in, time.Millisecond, func() int { return -1 }) }),
	same("GroupedWithin", func(in ints) ints { return apart(flow.GroupedWithin(in, 3, 2*time.Millisecond)) }),
	same("GroupedWeightedWithin", func(in ints) ints {
		return apart(flow.GroupedWeightedWithin(in, 3, 2*time.Millisecond, func(v int) int { return v & 1 }))
	}),
}

func short(r *rand.Rand) time.Duration { return time.Duration(1+r.IntN(4)) * time.Millisecond }

func timeout(name string, f func(ints, time.Duration) ints) stage {
	return stage{name, func(r *rand.Rand, in graph) graph {
		if r.IntN(2) == 0 {
			return graph{f(in.source, time.Hour), in.model}
		}
		return graph{f(in.source, short(r)), in.model.weaken(some).cutShort()}
	}}
}

// apart takes groups apart again.
func apart(groups flow.Source[[]int]) ints {
	return flow.MapConcat(groups, func(group []int) []int { return group })
}
