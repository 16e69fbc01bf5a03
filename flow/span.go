package flow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"
)

// A span is one run of one stage, of which there are statistics. The first one of a context has no node.
type span struct {
	stats *Statistics
	node  *Node
	outer *span // inside whose run this one was started
	into  *span // what it feeds, of those
	kept  bool  // the figures are kept when it has ended
	began int64

	values   atomic.Uint64
	since    atomic.Int64 // when the last emit began
	emitting meter        // in time
	taken    meter        // in the time that into was not in its emit
	over     bool         // guarded by the lock of stats
	branch   bool         // likewise: see isBranch

	// Only for emit and end, which do not overlap.
	stopped bool // emit said so, or panicked
	entered int64
	took    int64 // by the clock of taken
}

// A meter adds up how long something is under way, by any clock that does not stand at 0 when it begins, and can
// be read meanwhile: it is the sum, or, while something is under way, the sum less the time when
// that began, which is negative.
type meter struct{ sum atomic.Int64 }

// start and stop do not overlap, but the clock may seem to run backwards. What start returns is for stop.
func (m *meter) start(now int64) (began int64) {
	began = max(now, m.sum.Load()+1)
	m.sum.Add(-began)
	return began
}

func (m *meter) stop(began, now int64) { m.sum.Add(max(began, now)) }

// at returns the sum up to now, and whether something is under way.
func (m *meter) at(now int64) (sum int64, running bool) {
	if sum = m.sum.Load(); sum < 0 {
		return sum + now, true
	}
	return sum, false
}

type spanKey struct{}

// A spanContext is the context that a run is started with of which there are statistics.
type spanContext struct {
	context.Context
	span *span
}

func (c *spanContext) Value(key any) any {
	if key == (spanKey{}) {
		return c.span
	}
	return c.Context.Value(key)
}

// spanOf returns the run inside of which something is started with ctx, or nil if there are no statistics.
func spanOf(ctx context.Context) *span {
	if sc, ok := ctx.(*scope); ok {
		return sc.span
	}
	sp, _ := ctx.Value(spanKey{}).(*span)
	return sp
}

// begin makes the span of a run that starts inside outer.
func (outer *span) begin(node *Node) *span {
	sp := &span{stats: outer.stats, node: node, outer: outer}
	sp.place()
	s := sp.stats
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.stages[node]
	if st == nil {
		st = &stage{live: make(map[*span]struct{})}
		s.stages[node] = st
	}
	st.kept = st.kept || sp.kept
	st.live[sp] = struct{}{}
	st.ended.Started++
	sp.began = s.now()
	return sp
}

// place finds what the run feeds: the nearest of those around it whose description has it as an input and is kept, as an
// operator that is put together of others starts them first. The input of a sink is one of an input there.
func (sp *span) place() {
	if sp.outer.node == nil {
		sp.kept = true
		return
	}
	for around := sp.outer; around.node != nil && !sp.kept; around = around.outer {
		switch {
		case slices.Contains(around.node.Inputs, sp.node):
			if around.kept || sp.into == nil {
				sp.into, sp.kept = around, around.kept
			}
		case sp.into == nil && slices.ContainsFunc(around.node.Inputs, sp.feeds):
			sp.kept = around.kept
		}
	}
}

func (sp *span) feeds(n *Node) bool { return n != nil && slices.Contains(n.Inputs, sp.node) }

// isBranch says that the run is the input of a flow in a fan-out, with the node of what feeds them all. It shows how long the flow has
// held values, and whether it does now; all else is counted where in itself is run. It is called once, at the start, and
// accepts nil.
func (sp *span) isBranch(in *Node) {
	if sp == nil || sp.node != in { // it may have a name of its own
		return
	}
	s := sp.stats
	s.mu.Lock()
	defer s.mu.Unlock()
	sp.branch = true
	s.stages[sp.node].ended.Started--
}

// enter is called before emit.
func (sp *span) enter() {
	now := sp.stats.now()
	sp.values.Add(1)
	sp.since.Store(now)
	sp.stopped = true // by a panic, until it has returned
	sp.entered = sp.emitting.start(now)
	if sp.into != nil {
		sp.took = sp.taken.start(sp.into.outside(now))
	}
}

func (sp *span) leave() {
	now := sp.stats.now()
	sp.emitting.stop(sp.entered, now)
	if sp.into != nil {
		sp.taken.stop(sp.took, sp.into.outside(now))
	}
}

// outside is a clock that stands still while the run is in its emit.
func (sp *span) outside(now int64) int64 {
	in, _ := sp.emitting.at(now)
	return now - in
}

// end is called once the run has ended, or its start has panicked, and perhaps twice then.
func (sp *span) end(err error) {
	s := sp.stats
	said := ""
	if err != nil {
		said = fmt.Sprint(err) // which outlives an Error that panics
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if sp.over {
		return
	}
	sp.over = true
	st := s.stages[sp.node]
	delete(st.live, sp)
	if !st.kept && len(st.live) == 0 {
		delete(s.stages, sp.node)
	}
	now := s.now()
	sp.addFigures(&st.ended, now)
	st.ended.Running, st.ended.Blocked = 0, 0
	if sp.feedsSink() {
		sp.addFigures(&st.endedToSinks, now)
		st.endedToSinks.Started++
		st.endedToSinks.Running, st.endedToSinks.Blocked = 0, 0
	}
	if err != nil && !sp.branch {
		st.ended.Failed++
		st.ended.Err = said
	}
	if sp.into == nil {
		return
	}
	if next := s.stages[sp.into.node]; next != nil {
		next.ended.Own += sp.ownOfNext(now)
	}
}

// addTo adds the figures of a run that has not ended to those of its node, and of what it feeds.
func (sp *span) addTo(f figures, now int64) {
	if sum, ok := f.all[sp.node]; ok {
		sp.addFigures(&sum, now)
		f.all[sp.node] = sum
	}
	if sp.feedsSink() {
		sum := f.toSinks[sp.node]
		sum.Started++
		sp.addFigures(&sum, now)
		f.toSinks[sp.node] = sum
	}
	if sp.into == nil {
		return
	}
	if sum, ok := f.all[sp.into.node]; ok {
		sum.Own += sp.ownOfNext(now)
		f.all[sp.into.node] = sum
	}
}

// feedsSink reports whether the run is of the graph, and no stage of it comes next.
func (sp *span) feedsSink() bool { return sp.into == nil && sp.kept && !sp.branch }

func (sp *span) addFigures(to *StageStats, now int64) {
	in, emitting := sp.emitting.at(now)
	if emitting {
		to.Blocked = max(to.Blocked, time.Duration(now-sp.since.Load()))
	}
	if sp.branch {
		return
	}
	to.Running++
	to.Values += sp.values.Load()
	to.InEmit += time.Duration(max(in, 0)) // the emit may have begun after now
	to.Lived += time.Duration(now - sp.began)
}

// ownOfNext is how long what the run feeds has held its values.
func (sp *span) ownOfNext(now int64) time.Duration {
	own, _ := sp.taken.at(sp.into.outside(now))
	return time.Duration(max(own, 0))
}

var errStartPanicked = errors.New("flow: the start panicked")

// isCause reports whether err says that ctx was cancelled.
func isCause(err error, ctx context.Context) bool { return errors.Is(err, context.Cause(ctx)) }
