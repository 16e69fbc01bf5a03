package panics

import (
	"cmp"
	"context"
	"math/rand/v2"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
)

func (f *fuse) made(place string) func(msg) source {
	return func(msg) source { f.burn(place); return f.source(place+"()", 2) }
}

// settings are those of a restart or two.
func (f *fuse) settings() flow.RestartSettings {
	return flow.RestartSettings{
		MinBackoff: ms, MaxRestarts: 2, Within: 1 << 60,
		RestartOn: func(err error) bool { f.burn("RestartOn"); return err != nil },
		Rand:      func() float64 { f.burn("Rand"); return rand.Float64() },
	}
}

// faulty is a flow that fails the first time, and works from then on.
func (f *fuse) faulty(place string) func() handler {
	runs := 0
	return func() handler {
		runs++
		if runs > 1 {
			return f.flow(place)
		}
		return func(in source) source {
			return flow.TryMap(f.flow(place)(in), func(_ context.Context, m msg) (msg, error) {
				return m, errBroken
			})
		}
	}
}

func firsts(in flow.Source[flow.Pair[msg, msg]]) source {
	return flow.Map(in, func(p flow.Pair[msg, msg]) msg { return p.First })
}

func init() {
	addRigs(map[string]rig{
		"FlatMapConcat": func(f *fuse, in source) source { return flow.FlatMapConcat(in, f.made("f")) },
		"FlatMapMerge":  func(f *fuse, in source) source { return flow.FlatMapMerge(in, 2, f.made("f")) },
		"SwitchMap":     func(f *fuse, in source) source { return flow.SwitchMap(in, f.made("f")) },
		"FlatMapPrefix": func(f *fuse, in source) source {
			return flow.FlatMapPrefix(in, 1, func(context.Context, []msg) (handler, error) { return f.flow("f()"), f.try("f") })
		},
		"GroupBy": func(f *fuse, in source) source {
			return flow.GroupBy(in, 4, f.key("key"), func(_ string, in source) source { f.burn("f"); return f.flow("f()")(in) })
		},
		"SplitWhen":  func(f *fuse, in source) source { return flow.SplitWhen(in, f.says("first", true), f.flow("flow")) },
		"SplitAfter": func(f *fuse, in source) source { return flow.SplitAfter(in, f.says("last", true), f.flow("flow")) },
	})
}

func init() {
	addRigs(map[string]rig{
		"Concat": func(f *fuse, in source) source {
			return flow.Concat(in, f.source("sources", 2), f.source("sources", 2))
		},
		"OrElse": func(f *fuse, in source) source {
			return flow.OrElse(flow.Filter(in, func(msg) bool { return false }), f.source("other", 2))
		},
		"Merge": func(f *fuse, in source) source { return flow.Merge(in, f.source("sources", 2), f.source("sources", 2)) },
		"MergeWhile": func(f *fuse, in source) source {
			return flow.Merge(in, flow.MergeWhile(f.source("first", 4), f.source("others", 3)))
		},
		"MergePreferred": func(f *fuse, in source) source {
			return flow.Merge(in, flow.MergePreferred(f.source("preferred", 2), f.source("others", 2)))
		},
		"MergePrioritized": func(f *fuse, in source) source {
			return flow.MergePrioritized(flow.Prioritized[msg]{Source: in, Priority: 1}, flow.Prioritized[msg]{Source: f.source("sources", 2), Priority: 2})
		},
		"MergeSorted": func(f *fuse, in source) source {
			return flow.MergeSorted(func(a, b msg) int { f.burn("cmp"); return cmp.Compare(a.Text(), b.Text()) }, in, f.source("sources", 3))
		},
		"MergeLatest": func(f *fuse, in source) source { return firstOf(flow.MergeLatest(in, f.source("sources", 3))) },
		"Interleave":  func(f *fuse, in source) source { return flow.Interleave(1, in, f.source("sources", 3)) },
		"Zip": func(f *fuse, in source) source {
			return flow.Merge(in, firsts(flow.Zip(f.source("a", 3), f.source("b", 3))))
		},
		"ZipN": func(f *fuse, in source) source { return firstOf(flow.ZipN(in, f.source("sources", 3))) },
		"ZipLatest": func(f *fuse, in source) source {
			return flow.Merge(in, firsts(flow.ZipLatest(f.source("a", 3), f.source("b", 3))))
		},
	})
}

func init() {
	addRigs(map[string]rig{
		"Broadcast": func(f *fuse, in source) source { return flow.Broadcast(in, f.flow("flows"), f.flow("flows")) },
		"Partition": func(f *fuse, in source) source {
			i := 0
			return flow.Partition(in, func(msg) int { f.burn("choose"); i++; return i % 2 }, f.flow("flows"), f.flow("flows"))
		},
		"Balance": func(f *fuse, in source) source { return flow.Balance(in, f.flow("flows"), f.flow("flows")) },
		"UnzipWith": func(f *fuse, in source) source {
			return flow.UnzipWith(in, func(m msg) (msg, msg) { f.burn("split"); return m, m }, f.flow("first"), f.flow("second"))
		},
		"AlsoTo":  func(f *fuse, in source) source { return flow.AlsoTo(in, f.sink("sink")) },
		"WireTap": func(f *fuse, in source) source { return flow.WireTap(in, f.sink("sink")) },
		"DivertTo": func(f *fuse, in source) source {
			odd := false
			return flow.DivertTo(in, f.sink("sink"), func(msg) bool { f.burn("when"); odd = !odd; return odd })
		},
	})
}

func init() {
	addRigs(map[string]rig{
		"Recover": func(f *fuse, in source) source {
			return flow.Recover(broken(in), func(error) (msg, bool) { f.burn("f"); return message.Text("sorry"), true })
		},
		"RecoverWith": func(f *fuse, in source) source {
			return flow.RecoverWith(broken(in), 1, func(error) (source, bool) { f.burn("f"); return f.source("f()", 2), true })
		},
		"MapError": func(f *fuse, in source) source {
			return flow.OnErrorComplete(flow.MapError(broken(in), func(err error) error { f.burn("f"); return err }), isBroken)
		},
		"OnErrorComplete": func(f *fuse, in source) source {
			return flow.OnErrorComplete(broken(in), func(err error) bool { f.burn("match"); return isBroken(err) })
		},
		"RestartSource": func(f *fuse, in source) source {
			next := f.faulty("factory()")
			s := f.settings()
			s.OnFailuresOnly = true
			return instead(in, flow.RestartSource(s, func(context.Context) (source, error) {
				return next()(flow.Of(message.Text("a"), message.Text("b"))), f.try("factory")
			}))
		},
		"RestartFlow": func(f *fuse, in source) source {
			next := f.faulty("factory()")
			return flow.RestartFlow(f.settings(), func(context.Context) (handler, error) { return next(), f.try("factory") })(in)
		},
		"RestartSink": func(f *fuse, in source) source {
			next := f.faulty("factory()")
			return into(in, flow.RestartSink(f.settings(), func(context.Context) (flow.Sink[msg, struct{}], error) {
				return flow.To(next(), flow.Ignore[msg]()), f.try("factory")
			}))
		},
		"WatchTermination": func(f *fuse, in source) source { return flow.WatchTermination(in, func(error) { f.burn("f") }) },
		"Monitor":          func(_ *fuse, in source) source { return flow.Monitor(in, new(flow.Progress)) },
		"Killable":         func(_ *fuse, in source) source { return flow.Killable(in, new(flow.KillSwitch)) },
	})
}

func init() {
	identity := flow.BidiIdentity[msg, msg]()
	addRigs(map[string]rig{
		"FromSinkAndSource": func(f *fuse, in source) source {
			return flow.FromSinkAndSource(f.sink("sink"), f.source("source", 20))(in)
		},
		"FromSinkAndSourceUncoupled": func(f *fuse, in source) source {
			return flow.FromSinkAndSourceUncoupled(f.sink("sink"), f.source("source", 3))(in)
		},
		"Coupled": func(f *fuse, in source) source { return flow.Coupled(f.flow("flow"))(in) },
		"LazyFlow": func(f *fuse, in source) source {
			return flow.LazyFlow(func(context.Context) (handler, error) { return f.flow("f()"), f.try("f") })(in)
		},
		"BidiFromFuncs": func(f *fuse, in source) source {
			return flow.BidiFromFuncs(f.maps("down"), f.maps("up")).Join(f.flow("-"))(in)
		},
		"BidiIdentity": func(f *fuse, in source) source { return identity.Join(f.flow("-"))(in) },
		"Atop": func(f *fuse, in source) source {
			upper := flow.Bidi[msg, msg, msg, msg]{Down: f.flow("upper"), Up: f.flow("upper")}
			lower := flow.Bidi[msg, msg, msg, msg]{Down: f.flow("lower"), Up: f.flow("lower")}
			return flow.Atop(upper, lower).Join(f.flow("-"))(in)
		},
	})
}

func isBroken(err error) bool { return err == errBroken }
