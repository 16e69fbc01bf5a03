package stress

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/wsflow/wsflow/flow"
)

var errBroken = errors.New("stress: it broke")

// build makes a graph of up to so many levels.
func build(r *rand.Rand, levels int) graph {
	if levels == 0 {
		return leaf(r)
	}
	if many := r.IntN(4) == 0; many {
		op := joins[r.IntN(len(joins))]
		inputs := make([]graph, op.inputs+r.IntN(2)*op.more)
		for i := range inputs {
			inputs[i] = build(r, levels-1-r.IntN(levels))
		}
		return op.join(r, inputs)
	}
	return stages()[r.IntN(len(stages()))].stage(r, build(r, levels-1))
}

// A leaf has a few values, and may fail after them.
func leaf(r *rand.Rand) graph {
	values := make([]int, r.IntN(8))
	for i := range values {
		values[i] = r.IntN(1000)
	}
	var end error
	if r.IntN(5) == 0 {
		end = errBroken
	}
	return graph{leaves[r.IntN(len(leaves))].source(r, values, end), exactly(values, end)}
}

// leaves are the sources, each with values and an end.
var leaves = []struct {
	name   string
	source func(r *rand.Rand, values []int, end error) ints
}{
	{"Of", func(_ *rand.Rand, values []int, end error) ints {
		if end == nil {
			return flow.Of(values...)
		}
		return flow.Concat(flow.Of(values...), flow.Fail[int](end))
	}},
	{"FromSeq", func(_ *rand.Rand, values []int, end error) ints {
		return thenFail(flow.FromSeq(slices.Values(values)), end)
	}},
	{"FromFunc", func(r *rand.Rand, values []int, end error) ints {
		pause := time.Duration(r.IntN(3)) * time.Millisecond
		return flow.FromFunc(func(ctx context.Context, emit func(int) error) error {
			for _, v := range values {
				select {
				case <-time.After(pause):
				case <-ctx.Done():
					return context.Cause(ctx)
				}
				if err := emit(v); err != nil {
					return err
				}
			}
			return end
		})
	}},
	{"FromChan", func(_ *rand.Rand, values []int, end error) ints {
		return thenFail(lazy(func(context.Context) (ints, error) {
			c := make(chan int, len(values))
			for _, v := range values {
				c <- v
			}
			close(c)
			return flow.FromChan(c), nil
		}), end)
	}},
	{"Queue", func(_ *rand.Rand, values []int, end error) ints {
		return lazy(func(context.Context) (ints, error) {
			q := flow.NewQueue[int](len(values) + 1)
			for _, v := range values {
				q.Offer(v)
			}
			q.Fail(end)
			return q.Source(), nil
		})
	}},
	{"Unfold", func(_ *rand.Rand, values []int, end error) ints {
		if end == nil {
			end = io.EOF
		}
		return flow.Unfold(0, func(_ context.Context, i int) (int, int, error) {
			if i == len(values) {
				return 0, i, end
			}
			return values[i], i + 1, nil
		})
	}},
	{"UnfoldResource", func(_ *rand.Rand, values []int, end error) ints {
		if end == nil {
			end = io.EOF
		}
		return flow.UnfoldResource(func(context.Context) (*[]int, error) {
			rest := slices.Clone(values)
			return &rest, nil
		}, func(_ context.Context, rest *[]int) (int, error) {
			if len(*rest) == 0 {
				return 0, end
			}
			v := (*rest)[0]
			*rest = (*rest)[1:]
			return v, nil
		}, func(*[]int) error { return nil })
	}},
	{"Future", func(_ *rand.Rand, values []int, end error) ints {
		all := []ints{flow.Empty[int]()}
		for _, v := range values {
			all = append(all, flow.Future(func(context.Context) (int, error) { return v, nil }))
		}
		return thenFail(flow.Concat(all...), end)
	}},
	{"Repeat", func(_ *rand.Rand, values []int, end error) ints {
		all := []ints{}
		for _, v := range values {
			all = append(all, flow.Take(flow.Repeat(v), 1))
		}
		return thenFail(flow.Concat(all...), end)
	}},
	{"Tick", func(_ *rand.Rand, values []int, end error) ints {
		ticks := flow.Zip(flow.Concat(flow.Tick(time.Millisecond), flow.Never[time.Time]()), thenFail(flow.Of(values...), end))
		return flow.Map(ticks, func(p flow.Pair[time.Time, int]) int { return p.Second })
	}},
}

func thenFail(in ints, end error) ints {
	if end == nil {
		return in
	}
	return flow.Concat(in, flow.Fail[int](end))
}

// A stage is an operator over one stream.
type stage struct {
	name  string
	stage func(r *rand.Rand, in graph) graph
}

// A join is an operator over several.
type join struct {
	name         string
	inputs, more int
	join         func(r *rand.Rand, in []graph) graph
}

// sources and models take the graphs apart.
func sources(in []graph) (all []ints) {
	for _, g := range in {
		all = append(all, g.source)
	}
	return all
}

func models(in []graph) (all []stream) {
	for _, g := range in {
		all = append(all, g.model)
	}
	return all
}

// same is a stage whose values are those of its input.
func same(name string, f flow.Flow[int, int]) stage {
	return stage{name, func(_ *rand.Rand, in graph) graph { return graph{f(in.source), in.model} }}
}

// each is a stage that replaces each value by some.
func each(name string, f flow.Flow[int, int], model func(int) []int) stage {
	return stage{name, func(_ *rand.Rand, in graph) graph { return graph{f(in.source), in.model.perValue(model)} }}
}

// failing is inOrder for an operator that may fail with an error of its own.
func failing(name string, with error, f func(ints, int) ints, model func(n int, values []int, end error) ([]int, error)) stage {
	ordered := inOrder(name, f, model)
	return stage{name, func(r *rand.Rand, in graph) graph {
		out := ordered.stage(r, in)
		if out.model.certainty == unknown {
			out.model = out.model.with(with)
		}
		return out
	}}
}

// inOrder is a stage whose values follow from those of its input and their order.
func inOrder(name string, f func(ints, int) ints, model func(n int, values []int, end error) ([]int, error)) stage {
	return stage{name, func(r *rand.Rand, in graph) graph {
		n := r.IntN(4)
		return graph{f(in.source, n), in.model.inOrder(func(values []int, end error) ([]int, error) { return model(n, values, end) })}
	}}
}

// stages returns the operators over one stream; those with flows inside have stages inside.
func stages() []stage { return allStages }

var allStages []stage

// onceStages are those that run their input once.
var onceStages []stage

func init() {
	allStages = slices.Concat(simpleStages, apartStages, timeStages, nestStages, fanOutStages, errorStages)
	onceStages = slices.Clone(allStages)
	allStages = append(allStages, againStages...)
}

var joins = slices.Concat([]join{concat}, fanInJoins)

var concat = join{"Concat", 1, 2, func(_ *rand.Rand, in []graph) graph {
	m := stream{ends: []error{nil}}
	for _, g := range in {
		if !slices.Contains(m.ends, nil) {
			break // it is never reached
		}
		if m.fails() {
			m = m.weaken(some)
		}
		ends := slices.DeleteFunc(slices.Clone(m.ends), func(err error) bool { return err == nil })
		m = stream{append(slices.Clone(m.values), g.model.values...), max(m.certainty, g.model.certainty), ends}.with(g.model.ends...)
	}
	return graph{flow.Concat(sources(in)...), m}
}}

func pass(_ context.Context, v int) (int, error) { return v, nil }

// lazy is for one-shot sources: each run has its own.
func lazy(f func(context.Context) (ints, error)) ints {
	return flow.FromFunc(func(ctx context.Context, emit func(int) error) error {
		in, err := f(ctx)
		if err != nil {
			return err
		}
		return in.Run(ctx, emit)
	})
}
