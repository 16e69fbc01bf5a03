package panics

import (
	"context"
	"log/slog"
	"time"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/framing"
	"github.com/wsflow/wsflow/message"
)

// firstOf is for operators that make groups.
func firstOf(in flow.Source[[]msg]) source {
	return flow.Map(in, func(group []msg) msg { return group[0] })
}

// A fusedLog is a logger's handler.
type fusedLog struct {
	slog.Handler
	f *fuse
}

func (fusedLog) Enabled(context.Context, slog.Level) bool { return true }
func (l fusedLog) Handle(context.Context, slog.Record) error {
	l.f.burn("logger")
	return nil
}

func (f *fuse) weight(place string) func(msg) int {
	return func(msg) int { f.burn(place); return 1 }
}

func (f *fuse) says(place string, yes bool) func(msg) bool {
	return func(msg) bool { f.burn(place); return yes }
}

func (f *fuse) maps(place string) func(context.Context, msg) (msg, error) {
	return func(_ context.Context, m msg) (msg, error) { return m, f.try(place) }
}

func init() {
	addRigs(map[string]rig{
		"Map":    func(f *fuse, in source) source { return flow.Map(in, func(m msg) msg { f.burn("f"); return m }) },
		"TryMap": func(f *fuse, in source) source { return flow.TryMap(in, f.maps("f")) },
		"Filter": func(f *fuse, in source) source { return flow.Filter(in, f.says("keep", true)) },
		"FilterMap": func(f *fuse, in source) source {
			return flow.FilterMap(in, func(m msg) (msg, bool) { f.burn("f"); return m, true })
		},
		"MapConcat": func(f *fuse, in source) source {
			return flow.MapConcat(in, func(m msg) []msg { f.burn("f"); return []msg{m, m} })
		},
		"StatefulMap": func(f *fuse, in source) source {
			return flow.StatefulMap(in, func() int { f.burn("create"); return 0 }, func(_ int, m msg, emit func(msg) error) error {
				if err := f.try("f"); err != nil {
					return err
				}
				return emit(m)
			}, func(int, func(msg) error) error { return f.try("last") })
		},
		"Scan": func(f *fuse, in source) source {
			return flow.Scan(in, message.Text("0"), func(_ context.Context, _, m msg) (msg, error) { return m, f.try("f") })
		},
		"MapWithResource": func(f *fuse, in source) source {
			return flow.MapWithResource(in, func(context.Context) (int, error) { return 0, f.try("open") },
				func(_ context.Context, _ int, m msg) (msg, error) { return m, f.try("f") },
				func(int) error { return f.try("close") })
		},
		"ZipWithIndex": func(_ *fuse, in source) source {
			return flow.Map(flow.ZipWithIndex(in), func(v flow.Indexed[msg]) msg { return v.Value })
		},
		"Intersperse": func(_ *fuse, in source) source { return flow.Intersperse(in, message.Text(",")) },
		"DropRepeated": func(_ *fuse, in source) source {
			texts := flow.Map(in, func(m msg) string { return m.Text() })
			return flow.Map(flow.DropRepeated(texts), message.Text)
		},
		"DropRepeatedFunc": func(f *fuse, in source) source {
			return flow.DropRepeatedFunc(in, func(msg, msg) bool { f.burn("eq"); return false })
		},
		"Log": func(f *fuse, in source) source {
			return flow.Log(in, slog.New(fusedLog{slog.DiscardHandler, f}), "messages")
		},
		"DoOnFirst": func(f *fuse, in source) source { return flow.DoOnFirst(in, func(msg) { f.burn("f") }) },
	})
	addRigs(map[string]rig{
		"Take":      func(_ *fuse, in source) source { return flow.Take(in, 3) },
		"TakeWhile": func(f *fuse, in source) source { return flow.TakeWhile(in, f.says("keep", true)) },
		"TakeUntil": func(f *fuse, in source) source { return flow.TakeUntil(in, f.says("last", false)) },
		"TakeLast":  func(_ *fuse, in source) source { return flow.TakeLast(in, 2) },
		"Drop":      func(_ *fuse, in source) source { return flow.Drop(in, 1) },
		"DropWhile": func(f *fuse, in source) source { return flow.DropWhile(in, f.says("drop", false)) },
		"Limit":     func(_ *fuse, in source) source { return flow.Limit(in, 10) },
		"LimitWeighted": func(f *fuse, in source) source {
			return flow.LimitWeighted(in, 10, f.weight("weight"))
		},
		"Grouped":         func(_ *fuse, in source) source { return firstOf(flow.Grouped(in, 2)) },
		"GroupedWeighted": func(f *fuse, in source) source { return firstOf(flow.GroupedWeighted(in, 2, f.weight("weight"))) },
		"Sliding":         func(_ *fuse, in source) source { return firstOf(flow.Sliding(in, 2, 1)) },
		"GroupedWithin": func(_ *fuse, in source) source {
			return firstOf(flow.GroupedWithin(in, 2, 5*time.Millisecond))
		},
		"GroupedWeightedWithin": func(f *fuse, in source) source {
			return firstOf(flow.GroupedWeightedWithin(in, 2, 5*time.Millisecond, f.weight("weight")))
		},
	})
	bytesOf := func(in source, end string) flow.Source[[]byte] {
		return flow.Map(in, func(m msg) []byte { return []byte(m.Text() + end) })
	}
	addRigs(map[string]rig{
		"framing.Delimiter": func(_ *fuse, in source) source {
			return flow.Map(framing.Delimiter(bytesOf(in, "\n"), []byte("\n"), 100), message.Binary)
		},
		"framing.JSON": func(_ *fuse, in source) source { return flow.Map(framing.JSON(bytesOf(in, "\n"), 100), message.Binary) },
	})
}
