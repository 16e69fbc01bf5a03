package flow

import "context"

// Grouped passes on the values in groups of n. The last group of a stream that is complete may be shorter, but is
// never empty; if the stream fails, the values that wait for a full group are dropped. Each group is a new slice,
// which belongs to who gets it. An n of less than 1 panics.
//
// A [Holder] is held until emit has returned from its group. A source that waits for a value to be released before it
// gives the next, such as one of streamed messages, waits forever for a group to fill: the values are to be
// made strict before.
//
//	in       --1--2--3--4--5--|
//	Grouped  2
//	out      -----12----34----5|
func Grouped[T any](in Source[T], n int) Source[[]T] {
	if n < 1 {
		panic("flow: Grouped with a size of less than 1")
	}
	return grouped("Grouped", in, n, min(n, groupRoom), func(T) int { return 1 })
}

// groupRoom is for how many values a group has room from the beginning, at most: a large size may be meant as a
// bound that few groups reach.
const groupRoom = 256

// GroupedWeighted is [Grouped] by weight: it passes on a group when its values together weigh limit, or when the next
// one would make them weigh more. A value that weighs more than limit is a group of its own. A value of weight 0 always
// fits. A limit of less than 1 panics, and a negative weight ends the stream with a panic.
//
//	in               --2--1--4--5--1--|
//	GroupedWeighted  4, v => v
//	out              --------21-4--5--1|
func GroupedWeighted[T any](in Source[T], limit int, weight func(T) int) Source[[]T] {
	if limit < 1 {
		panic("flow: GroupedWeighted with a limit of less than 1")
	}
	return grouped("GroupedWeighted", in, limit, 0, func(v T) int { return weighed("GroupedWeighted", v, weight) })
}

// weighed calls weight, and panics if it is negative.
func weighed[T any](name string, v T, weight func(T) int) int {
	w := weight(v)
	if w < 0 {
		panic("flow: " + name + " with a negative weight")
	}
	return w
}

func grouped[T any](name string, in Source[T], limit, room int, weight func(T) int) Source[[]T] {
	return operator(name, in, func(ctx context.Context, emit func([]T) error, end func(error)) (func(T) error, func(error)) {
		g := &grouping[T]{ctx: ctx, limit: limit, room: room, weight: weight, emit: emit}
		g.held.keep = newKeeper[T]()
		return g.take, func(err error) {
			Guard(func(err error) { cleanUp(err, g.held.release, end) }, func() error { return g.finish(err) })
		}
	})
}

// A grouping is one run of Grouped or GroupedWeighted.
type grouping[T any] struct {
	ctx         context.Context
	limit, room int
	weight      func(T) int
	emit        func([]T) error

	group []T
	total int // weight of the group
	held  retained[T]
}

func (g *grouping[T]) take(v T) error {
	w := g.weight(v)
	if w > g.limit-g.total && len(g.group) > 0 {
		if err := g.handOn(); err != nil {
			return err
		}
	}
	if g.group == nil {
		g.group = make([]T, 0, g.room)
	}
	g.group = append(g.group, v)
	g.total += w
	g.held.hold(v)
	if g.total < g.limit {
		return nil
	}
	return g.handOn()
}

// handOn emits the group. The run may be cancelled meanwhile, for a value can bring two groups, or the end one more.
func (g *grouping[T]) handOn() error {
	if isClosed(g.ctx.Done()) {
		return context.Cause(g.ctx)
	}
	group := g.group
	g.group, g.total = nil, 0
	defer g.held.release()
	return g.emit(group)
}

// finish emits what is left when the input is complete.
func (g *grouping[T]) finish(err error) error {
	if err != nil || len(g.group) == 0 {
		return err
	}
	return g.handOn()
}
