package panics

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
)

type (
	msg = message.Message
)

var errBroken = errors.New("broken, as it is meant to be")

// A rig is a handler around one operator, whose functions are wired to a fuse. Its input has four messages, one every 10 ms, and
// what it gives is taken in 25 ms each. It ends by itself.
type rig func(f *fuse, in source) source

// rigs are those of all operators, by their names.
var rigs = map[string]rig{}

func addRigs(more map[string]rig) {
	for name, r := range more {
		rigs[name] = r
	}
}

// instead goes on with a source when the first message is there.
func instead(in, other source) source {
	return flow.FlatMapConcat(flow.Take(in, 1), func(msg) source { return other })
}

// broken is in, which then fails.
func broken(in source) source { return flow.Concat(in, flow.Fail[msg](errBroken)) }

// into is a handler that gives its input to a sink, and ends with it.
func into[R any](in source, sink flow.Sink[msg, R]) source {
	return flow.FromSinkAndSource(sink, flow.Never[msg]())(in)
}

func init() {
	addRigs(map[string]rig{
		"Of": func(_ *fuse, in source) source { return instead(in, flow.Of(message.Text("a"), message.Text("b"))) },
		"FromSeq": func(f *fuse, in source) source {
			return instead(in, flow.FromSeq(f.seq("seq", message.Text("a"), message.Text("b"))))
		},
		"FromFunc": func(f *fuse, in source) source { return instead(in, f.source("f", 3)) },
		"FromChan": func(_ *fuse, in source) source {
			c := make(chan msg, 2)
			c <- message.Text("a")
			c <- message.Text("b")
			close(c)
			return instead(in, flow.FromChan(c))
		},
		"Future": func(f *fuse, in source) source {
			return instead(in, flow.Future(func(context.Context) (msg, error) { return message.Text("a"), f.try("f") }))
		},
		"Lazy": func(f *fuse, in source) source {
			return instead(in, flow.Lazy(func(context.Context) (source, error) { return f.source("f()", 3), f.try("f") }))
		},
		"Unfold": func(f *fuse, in source) source {
			return instead(in, flow.Unfold(0, func(_ context.Context, i int) (msg, int, error) {
				if err := f.try("f"); err != nil {
					return msg{}, i, err
				}
				if i == 3 {
					return msg{}, i, io.EOF
				}
				return message.Text("a"), i + 1, nil
			}))
		},
		"UnfoldResource": func(f *fuse, in source) source {
			return instead(in, flow.UnfoldResource(
				func(context.Context) (*int, error) { return new(int), f.try("open") },
				func(_ context.Context, n *int) (msg, error) {
					if err := f.try("read"); err != nil {
						return msg{}, err
					}
					if *n++; *n > 3 {
						return msg{}, io.EOF
					}
					return message.Text("a"), nil
				},
				func(*int) error { return f.try("close") }))
		},
		"Repeat": func(_ *fuse, in source) source {
			return instead(in, flow.Take(flow.Repeat(message.Text("a")), 3))
		},
		"Cycle": func(f *fuse, in source) source {
			again := f.source("in", 2)
			return flow.Merge(in, instead(flow.Of(message.Text("go")), flow.Take(flow.Cycle(again), 5)))
		},
		"Tick": func(_ *fuse, in source) source {
			return instead(in, flow.Map(flow.Take(flow.Tick(time.Millisecond), 3), func(time.Time) msg { return message.Text("a") }))
		},
		"Empty": func(_ *fuse, in source) source { return flow.Concat(flow.Empty[msg](), in) },
		"Never": func(_ *fuse, in source) source { return flow.MergeWhile(in, flow.Never[msg]()) },
		"Fail": func(_ *fuse, in source) source {
			return flow.OnErrorComplete(flow.Concat(in, flow.Fail[msg](errBroken)), func(err error) bool { return err == errBroken })
		},
	})
}

func init() {
	addRigs(map[string]rig{
		"ToSlice": func(_ *fuse, in source) source { return into(in, flow.ToSlice[msg]()) },
		"ForEach": func(f *fuse, in source) source { return into(in, f.sink("f")) },
		"ForEachAsync": func(f *fuse, in source) source {
			return into(in, flow.ForEachAsync(2, func(context.Context, msg) error { return f.try("f") }))
		},
		"Fold": func(f *fuse, in source) source {
			return into(in, flow.Fold(0, func(n int, _ msg) int { f.burn("f"); return n + 1 }))
		},
		"Reduce": func(f *fuse, in source) source {
			return into(in, flow.Reduce(func(a, _ msg) msg { f.burn("f"); return a }))
		},
		"Head":   func(_ *fuse, in source) source { return into(in, flow.Head[msg]()) },
		"Last":   func(_ *fuse, in source) source { return into(in, flow.Last[msg]()) },
		"Ignore": func(_ *fuse, in source) source { return into(in, flow.Ignore[msg]()) },
		"ToChan": func(_ *fuse, in source) source { return into(in, flow.ToChan(make(chan msg, 9))) },
		"OnComplete": func(f *fuse, in source) source {
			return into(in, flow.OnComplete[msg](func(error) { f.burn("f") }))
		},
		"Cancelled": func(_ *fuse, in source) source {
			return flow.AlsoTo(in, flow.Cancelled[msg]())
		},
		"CombineSinks": func(f *fuse, in source) source { return into(in, flow.CombineSinks(f.sink("sinks"), f.sink("sinks"))) },
		"LazySink": func(f *fuse, in source) source {
			return into(in, flow.LazySink(func(context.Context) (flow.Sink[msg, struct{}], error) { return f.sink("f()"), f.try("f") }))
		},
		"To": func(f *fuse, in source) source { return into(in, flow.To(f.flow("flow"), f.sink("sink"))) },
	})
}
