package panics

import (
	"context"
	"iter"
	"time"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
)

const ms = time.Millisecond

func (f *fuse) keyed(place string) func(context.Context, string, msg) (msg, error) {
	return func(_ context.Context, _ string, m msg) (msg, error) { return m, f.try(place) }
}

func (f *fuse) key(place string) func(msg) string {
	return func(m msg) string { f.burn(place); return m.Text() }
}

func (f *fuse) joins(place string) func(msg, msg) msg {
	return func(_, m msg) msg { f.burn(place); return m }
}

func init() {
	addRigs(map[string]rig{
		"Async":             func(_ *fuse, in source) source { return flow.Async(in) },
		"MapAsync":          func(f *fuse, in source) source { return flow.MapAsync(in, 2, f.maps("f")) },
		"MapAsyncUnordered": func(f *fuse, in source) source { return flow.MapAsyncUnordered(in, 2, f.maps("f")) },
		"MapAsyncPartitioned": func(f *fuse, in source) source {
			return flow.MapAsyncPartitioned(in, 2, f.key("key"), f.keyed("f"))
		},
		"MapAsyncPartitionedUnordered": func(f *fuse, in source) source {
			return flow.MapAsyncPartitionedUnordered(in, 2, f.key("key"), f.keyed("f"))
		},
		"Buffer":   func(_ *fuse, in source) source { return flow.Buffer(in, 2, flow.DropOldest) },
		"Conflate": func(f *fuse, in source) source { return flow.Conflate(in, f.joins("f")) },
		"ConflateWithSeed": func(f *fuse, in source) source {
			return flow.ConflateWithSeed(in, func(m msg) msg { f.burn("seed"); return m }, f.joins("f"))
		},
		"Batch": func(f *fuse, in source) source {
			return flow.Batch(in, 2, func(m msg) msg { f.burn("seed"); return m }, f.joins("f"))
		},
		"BatchWeighted": func(f *fuse, in source) source {
			return flow.BatchWeighted(in, 2, f.weight("weight"), func(m msg) msg { f.burn("seed"); return m }, f.joins("f"))
		},
		"Expand": func(f *fuse, in source) source {
			return flow.Expand(in, func(m msg) iter.Seq[msg] { f.burn("f"); return f.seq("f()", m, m) })
		},
		"Extrapolate": func(f *fuse, in source) source {
			return flow.Extrapolate(in, func(m msg) iter.Seq[msg] { f.burn("f"); return f.seq("f()", m, m) })
		},
		"BackpressureTimeout": func(_ *fuse, in source) source { return flow.BackpressureTimeout(in, time.Second) },
	})
	rate := flow.Rate{N: 1, Per: ms, Burst: 1}
	slow := flow.Rate{N: 1, Per: time.Second, Burst: 1}
	addRigs(map[string]rig{
		"Throttle":         func(_ *fuse, in source) source { return flow.Throttle(in, rate) },
		"ThrottleWeighted": func(f *fuse, in source) source { return flow.ThrottleWeighted(in, rate, f.weight("cost")) },
		"EnforceRate":      func(f *fuse, in source) source { return flow.EnforceRate(in, slow, f.maps("exceeded")) },
		"EnforceRateWeighted": func(f *fuse, in source) source {
			return flow.EnforceRateWeighted(in, slow, f.weight("cost"), f.maps("exceeded"))
		},
		"Debounce":     func(_ *fuse, in source) source { return flow.Debounce(in, 5*ms) },
		"Delay":        func(_ *fuse, in source) source { return flow.Delay(in, 5*ms, 2, flow.Backpressure) },
		"InitialDelay": func(_ *fuse, in source) source { return flow.InitialDelay(in, 5*ms) },
		"TakeWithin":   func(_ *fuse, in source) source { return flow.TakeWithin(in, time.Second) },
		"DropWithin":   func(_ *fuse, in source) source { return flow.DropWithin(in, 5*ms) },
		"KeepAlive": func(f *fuse, in source) source {
			return flow.KeepAlive(in, 3*ms, func() msg { f.burn("inject"); return message.Text("k") })
		},
		"IdleTimeout":       func(_ *fuse, in source) source { return flow.IdleTimeout(in, time.Second) },
		"InitialTimeout":    func(_ *fuse, in source) source { return flow.InitialTimeout(in, time.Second) },
		"CompletionTimeout": func(_ *fuse, in source) source { return flow.CompletionTimeout(in, time.Second) },
		"BidiIdleTimeout": func(f *fuse, in source) source {
			return flow.BidiIdleTimeout(f.flow("flow"), time.Second)(in)
		},
	})
}
