package flowtest

import "github.com/wsflow/wsflow/flow"

// TestFlow checks that f keeps the laws. It runs f over inputs with the values of in, which end inside start,
// later on another goroutine, or with every value on a goroutine of its own, and which complete, fail, panic or
// hang; f must give the values of want. What comes back joins a *[Violation] for each law that was broken and
// each case in which it was; nil if there is none. Values are compared with [reflect.DeepEqual].
//
// f is applied anew for each case. A few values, all different, are best: there is a case for each.
func TestFlow[I, O any](f flow.Flow[I, O], in []I, want []O, opts ...Option) error {
	return newFlowChecker(f, in, want, opts).checkAll()
}

// TestSource checks that the sources that make returns keep the laws, and give the values of want. make is
// called for each case; for a source that can be run again it may return the same one each time.
func TestSource[T any](make func() flow.Source[T], want []T, opts ...Option) error {
	c := &checker[struct{}, T]{
		options: newOptions(opts),
		build:   func(*input[struct{}]) flow.Source[T] { return make() },
		want:    want,
		modes:   []mode{none},
		runs:    newFamily(),
	}
	return c.checkAll()
}

func newFlowChecker[I, O any](f flow.Flow[I, O], in []I, want []O, opts []Option) *checker[I, O] {
	return &checker[I, O]{
		options: newOptions(opts),
		build:   func(in *input[I]) flow.Source[O] { return f(in.source()) },
		in:      in,
		want:    want,
		modes:   []mode{inside, later, hopping},
		runs:    newFamily(),
	}
}
