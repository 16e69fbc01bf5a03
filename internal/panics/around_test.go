package panics

import (
	"context"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
)

// around are the surroundings that a handler is put into: other goroutines, other runs, operators that start what fails again, or
// recover from it.
var around = map[string]func(handler) handler{
	"behind Async": func(h handler) handler { return func(in source) source { return h(flow.Async(in)) } },
	"before MapAsync": func(h handler) handler {
		return func(in source) source {
			return flow.MapAsync(h(in), 2, func(_ context.Context, m msg) (msg, error) { return m, nil })
		}
	},
	"in Broadcast": func(h handler) handler {
		return func(in source) source {
			return flow.Broadcast(in, h, func(in source) source { return flow.Filter(in, func(msg) bool { return false }) })
		}
	},
	"in Balance": func(h handler) handler {
		return func(in source) source { return flow.Balance(in, h) }
	},
	"in GroupBy": func(h handler) handler {
		return func(in source) source {
			return flow.GroupBy(in, 1, func(msg) int { return 0 }, func(_ int, in source) source { return h(in) })
		}
	},
	"in SplitWhen": func(h handler) handler {
		return func(in source) source { return flow.SplitWhen(in, func(msg) bool { return false }, h) }
	},
	"in LazyFlow": func(h handler) handler {
		return flow.LazyFlow(func(context.Context) (handler, error) { return h, nil })
	},
	"in FlatMapPrefix": func(h handler) handler {
		return func(in source) source {
			return flow.FlatMapPrefix(in, 0, func(context.Context, []msg) (handler, error) { return h, nil })
		}
	},
	"in FlatMapConcat": func(h handler) handler {
		return func(in source) source { return flow.FlatMapConcat(flow.Of(1), func(int) source { return h(in) }) }
	},
	"in FlatMapMerge": func(h handler) handler {
		return func(in source) source {
			return flow.FlatMapMerge(flow.Of(1, 2), 2, func(n int) source {
				if n == 1 {
					return h(in)
				}
				return flow.Empty[msg]()
			})
		}
	},
	"in SwitchMap": func(h handler) handler {
		return func(in source) source { return flow.SwitchMap(flow.Of(1), func(int) source { return h(in) }) }
	},
	"in Merge": func(h handler) handler {
		return func(in source) source { return flow.MergeWhile(h(in), flow.Never[msg]()) }
	},
	"in a sink of AlsoTo": func(h handler) handler {
		return func(in source) source {
			return flow.AlsoTo(in, flow.To(h, flow.Ignore[msg]()))
		}
	},
	"in a sink of WireTap": func(h handler) handler {
		return func(in source) source { return flow.WireTap(in, flow.To(h, flow.Ignore[msg]())) }
	},
	"in a sink beside a source": func(h handler) handler {
		return flow.FromSinkAndSource(flow.To(h, flow.Ignore[msg]()), flow.Never[msg]())
	},
	"in RestartFlow": func(h handler) handler {
		return flow.RestartFlow(flow.RestartSettings{OnFailuresOnly: true}, func(context.Context) (handler, error) { return h, nil })
	},
	"in RestartSource": func(h handler) handler {
		return func(in source) source {
			return flow.RestartSource(flow.RestartSettings{OnFailuresOnly: true}, func(context.Context) (source, error) { return h(in), nil })
		}
	},
	"before Recover": func(h handler) handler {
		return func(in source) source {
			return flow.Recover(h(in), func(error) (msg, bool) { return message.Text("sorry"), true })
		}
	},
	"before RecoverWith": func(h handler) handler {
		return func(in source) source {
			return flow.RecoverWith(h(in), -1, func(error) (source, bool) { return flow.Of(message.Text("sorry")), true })
		}
	},
	"before OnErrorComplete": func(h handler) handler {
		return func(in source) source { return flow.OnErrorComplete(h(in), nil) }
	},
	"before MapError": func(h handler) handler {
		return func(in source) source { return flow.MapError(h(in), func(error) error { return errBroken }) }
	},
	"in Coupled": flow.Coupled[msg, msg],
	"in Killable": func(h handler) handler {
		return func(in source) source { return flow.Killable(h(in), new(flow.KillSwitch)) }
	},
	"in Timeouts": func(h handler) handler {
		return func(in source) source {
			return flow.BackpressureTimeout(flow.KeepAlive(h(in), 1000*ms, func() msg { return message.Text("k") }), 1000*ms)
		}
	},
	"run in a function": func(h handler) handler {
		return func(in source) source {
			return flow.TryMap(flow.Of(1), func(ctx context.Context, _ int) (msg, error) {
				_, err := flow.Collect(ctx, h(in))
				return message.Text("done"), err
			})
		}
	},
	"in a loop": func(h handler) handler {
		return func(in source) source {
			return flow.FromFunc(func(ctx context.Context, emit func(msg) error) error {
				for m, err := range h(in).All(ctx) {
					if err != nil {
						return err
					}
					if err := emit(m); err != nil {
						return err
					}
				}
				return nil
			})
		}
	},
}
