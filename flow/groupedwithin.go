package flow

import "time"

// GroupedWithin passes on the values in groups, with a timer: a group is emitted when it has n values, when d has passed
// since its first one, or when in ends. No group is empty. Each is a new slice, which belongs to whoever gets it.
// An n of less than 1 panics, and so does a d of 0 or less.
//
//	in             --1-2-3---4--------5------------6-|
//	GroupedWithin  2, 6
//	out            ----12----34-------------5--------6|
func GroupedWithin[T any](in Source[T], n int, d time.Duration) Source[[]T] {
	if n < 1 {
		panic("flow: GroupedWithin with a size of less than 1")
	}
	return groupedWithin("GroupedWithin", in, n, d, func(T) int { return 1 })
}

// GroupedWeightedWithin is [GroupedWithin] for values of different weights: a group is emitted when it weighs limit or
// when one more value would make it heavier than that. A value that is too heavy is a group of its own. A limit of less than 1 panics,
// and a negative weight ends the stream with a panic.
//
//	in                     --1-1-3---9-------------2-|
//	GroupedWeightedWithin  4, 6, v => v
//	out                    ------11--3-9-------------2|
func GroupedWeightedWithin[T any](in Source[T], limit int, d time.Duration, weight func(T) int) Source[[]T] {
	if limit < 1 {
		panic("flow: GroupedWeightedWithin with a limit of less than 1")
	}
	return groupedWithin("GroupedWeightedWithin", in, limit, d, func(v T) int { return weighed("GroupedWeightedWithin", v, weight) })
}

func groupedWithin[T any](name string, in Source[T], limit int, d time.Duration, weight func(T) int) Source[[]T] {
	mustBePositive(name, d)
	return timedOperator(name, in, func(t *timed[T, []T]) timedOps[T] {
		return &timedGroup[T]{t: t, limit: limit, d: d, weigh: weight, held: retained[T]{keep: newKeeper[T]()}}
	})
}

// A timedGroup collects a group. Values of no weight are in it too, so it is full by weight and not by length.
type timedGroup[T any] struct {
	t      *timed[T, []T]
	limit  int
	d      time.Duration
	weigh  func(T) int
	group  []T
	weight int
	held   retained[T]
}

func (g *timedGroup[T]) take(v T) error {
	weight := g.weigh(v)
	if len(g.group) > 0 && weight > g.limit-g.weight {
		if err := g.last(); err != nil {
			return err
		}
	}
	if g.group == nil {
		g.group = make([]T, 0, min(g.limit, groupRoom))
		g.t.at(g.t.now() + g.d)
	}
	g.group = append(g.group, v)
	g.held.hold(v)
	g.weight += weight
	if g.weight >= g.limit {
		return g.last()
	}
	return nil
}

func (g *timedGroup[T]) ring() error { return g.last() }

// last emits the group, if there is one.
func (g *timedGroup[T]) last() error {
	if len(g.group) == 0 {
		return nil
	}
	group := g.group
	g.group, g.weight = nil, 0
	g.t.at(neverDue)
	defer g.held.release()
	return g.t.emit(group)
}

func (g *timedGroup[T]) drop() { g.held.release() }
