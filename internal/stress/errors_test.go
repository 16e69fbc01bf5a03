package stress

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/wsflow/wsflow/flow"
)

var errOther = errors.New("stress: mapped")

var soon = flow.RestartSettings{MinBackoff: time.Millisecond, MaxBackoff: 2 * time.Millisecond, MaxRestarts: 2, Within: time.Hour, OnFailuresOnly: true}

// recovered is what becomes of a stream when what it fails with is replaced.
func (s stream) recovered(values []int, end error) stream {
	if !s.fails() {
		return s
	}
	if s.certainty == exact && len(s.ends) == 1 {
		return exactly(append(append([]int{}, s.values...), values...), end)
	}
	m := stream{values: append(append([]int{}, s.values...), values...), certainty: max(s.certainty, some)}
	for _, e := range s.ends {
		if e == nil {
			m = m.with(nil)
		}
	}
	return m.with(end)
}

// errorStages have to do with how streams end.
var errorStages = []stage{
	{"Recover", func(_ *rand.Rand, in graph) graph {
		return graph{flow.Recover(in.source, func(error) (int, bool) { return 7, true }), in.model.recovered([]int{7}, nil)}
	}},
	same("Recover from nothing", func(in ints) ints { return flow.Recover(in, func(error) (int, bool) { return 7, false }) }),
	{"RecoverWith", func(_ *rand.Rand, in graph) graph {
		other := func(error) (ints, bool) { return flow.Async(flow.Of(7, 8)), true }
		return graph{flow.RecoverWith(in.source, -1, other), in.model.recovered([]int{7, 8}, nil)}
	}},
	{"MapError", func(_ *rand.Rand, in graph) graph {
		return graph{flow.MapError(in.source, func(error) error { return errOther }), in.model.recovered(nil, errOther)}
	}},
	{"OnErrorComplete", func(_ *rand.Rand, in graph) graph {
		return graph{flow.OnErrorComplete(in.source, nil), in.model.recovered(nil, nil)}
	}},
	{"RestartFlow", func(r *rand.Rand, in graph) graph {
		f := []flow.Flow[int, int]{identity, flow.Async[int]}[r.IntN(2)]
		again := flow.RestartFlow(soon, func(context.Context) (flow.Flow[int, int], error) { return f, nil })
		m := in.model
		if m.fails() {
			m = m.weaken(some)
		}
		return graph{again(in.source), m}
	}},
	same("Retry", func(in ints) ints { return flow.TryMap(in, flow.Retry(soon, pass)) }),
	same("WatchTermination", func(in ints) ints { return flow.WatchTermination(in, func(error) {}) }),
	same("Monitor", func(in ints) ints { return flow.Monitor(in, new(flow.Progress)) }),
	same("Killable", func(in ints) ints { return flow.Killable(in, new(flow.KillSwitch)) }),
	{"Killable, killed", func(r *rand.Rand, in graph) graph {
		at, abort := time.Duration(r.IntN(5))*time.Millisecond, r.IntN(2) == 0
		killed := lazy(func(context.Context) (ints, error) {
			k := new(flow.KillSwitch)
			time.AfterFunc(at, func() {
				if abort {
					k.Abort(errOther)
				} else {
					k.Shutdown()
				}
			})
			return flow.Killable(in.source, k), nil
		})
		m := in.model.weaken(some).cutShort()
		if abort {
			return graph{killed, m.with(errOther)}
		}
		return graph{killed, m.with(nil)}
	}},
	same("FromSinkAndSource", func(in ints) ints {
		return flow.FromSinkAndSource(flow.Ignore[int](), in)(flow.Never[int]())
	}),
	same("FromSinkAndSourceUncoupled", func(in ints) ints {
		return flow.FromSinkAndSourceUncoupled(flow.Head[int](), in)(flow.Of(1, 2))
	}),
	{"Coupled", func(r *rand.Rand, in graph) graph {
		f, fm := inner(r)
		m := stream{certainty: unknown, ends: in.model.ends}
		return graph{flow.Coupled(f)(in.source), m.with(fm(in.model).ends...).cutShort().with(nil)}
	}},
	same("Coupled itself", flow.Coupled(identity)),
	same("LazyFlow", func(in ints) ints {
		return flow.LazyFlow(func(context.Context) (flow.Flow[int, int], error) { return identity, nil })(in)
	}),
	same("Lazy", func(in ints) ints { return flow.Lazy(func(context.Context) (ints, error) { return in, nil }) }),
	same("Bidi", func(in ints) ints {
		return flow.Atop(flow.BidiIdentity[int, int](), flow.BidiFromFuncs(pass, pass)).Join(flow.Async[int])(in)
	}),
}

// againStages run their input again.
var againStages = []stage{
	{"RestartSource", func(_ *rand.Rand, in graph) graph {
		again := flow.RestartSource(soon, func(context.Context) (ints, error) { return in.source, nil })
		m := in.model
		if m.fails() {
			m = stream{certainty: unknown, ends: m.ends}
		}
		return graph{again, m}
	}},
	{"Cycle", func(r *rand.Rand, in graph) graph {
		n := r.IntN(10)
		m := in.model.inOrder(func(values []int, end error) ([]int, error) {
			switch {
			case n == 0:
				return nil, nil
			case end != nil:
				return first(n, values, end)
			case len(values) == 0:
				return nil, flow.ErrEmpty
			}
			for len(values) < n {
				values = append(values, values...)
			}
			return values[:n], nil
		})
		if m.certainty == unknown {
			m = m.with(flow.ErrEmpty)
		}
		return graph{flow.Take(flow.Cycle(in.source), n), m}
	}},
}
