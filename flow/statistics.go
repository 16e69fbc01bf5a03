package flow

import (
	"context"
	"sync"
	"time"
)

// Statistics tell where the time of streams goes, stage by stage, while they run and afterwards. A stage is a node
// of the graph that [Describe] gives. They are made by [WithStatistics]; the methods may be called from any goroutine.
type Statistics struct {
	began time.Time

	mu     sync.Mutex // taken when a stage starts and ends, never for a value
	stages map[*Node]*stage
}

// StageStats are the figures of one stage, over all its runs. What is under way counts up to now; it may be off by as long as
// a goroutine had to wait for a processor meanwhile, until it is over.
//
// In a chain, in → stage → next, the time inside the emit that in has is the stage's and that of all that follows; what
// the stage spends in its own emit belongs to those that follow; the rest is Own.
//
//	in       emits |--------------|
//	stage    Own   |--|        |--|
//	         InEmit   |--------|
//
// A stage that lets emit return early (Async, Buffer, MapAsync and others with goroutines) shows the two sides apart:
// Own is how long its input had to wait because of it and not of what follows, for instance for the calls of MapAsync
// while all are at work; and InEmit is how long its goroutine was in what follows. The work of its goroutines
// while nobody waits for it is in neither.
type StageStats struct {
	Started uint64 // runs
	Running int    // of them now
	Failed  uint64 // of them: the stage or what feeds it failed; to be stopped or cancelled is no failure
	Err     string // what the last of the failures said

	Values uint64        // emitted, also that which is being emitted
	InEmit time.Duration // in emit: what follows worked, or waited
	Own    time.Duration // with a value of its inputs and not in emit; 0 for what has no inputs
	Lived  time.Duration // from the start of each run to its end; what has no inputs waits or works in Lived less InEmit

	// Blocked is how long the emit lasts that is under way now, the longest if there are several, or 0. Of the
	// stages that are, what holds the value is the one that follows the last.
	Blocked time.Duration
}

// WithStatistics returns a context whose runs are counted and timed, and the statistics of them. It costs them two
// readings of the clock for each value and stage, some 100 ns. Runs with other contexts cost nothing.
//
// Kept are the figures of the sources that are run with the context itself, and of what Describe shows to
// feed them. Streams that come and go inside, such as those that a function of the user's runs with the context that it got, are
// seen while they run and forgotten afterwards.
func WithStatistics(ctx context.Context) (context.Context, *Statistics) {
	s := &Statistics{began: time.Now(), stages: make(map[*Node]*stage)}
	return &spanContext{ctx, &span{stats: s, kept: true}}, s
}

// now is the time since the statistics began. It is never 0, see meter.
func (s *Statistics) now() int64 { return int64(time.Since(s.began)) + 1 }

// Of returns the figures of one stage.
func (s *Statistics) Of(n *Node) StageStats { return s.Snapshot(n)[n] }

// Snapshot returns the figures of every node of a graph, at one time. Those of a sink are made of its inputs': their
// runs and values, and as Own the time of their emits.
func (s *Statistics) Snapshot(graph *Node) map[*Node]StageStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := figures{all: make(map[*Node]StageStats), toSinks: make(map[*Node]StageStats)}
	s.collect(graph, f)
	now := s.now()
	for _, st := range s.stages {
		for sp := range st.live {
			sp.addTo(f, now)
		}
	}
	for n := range f.all {
		if s.stages[n] == nil {
			f.all[n] = f.ofSink(n)
		}
	}
	return f.all
}

// figures are those of each node, and of its runs for sinks alone.
type figures struct{ all, toSinks map[*Node]StageStats }

// collect puts what is known of the runs that have ended under each node of the graph.
func (s *Statistics) collect(n *Node, f figures) {
	if _, seen := f.all[n]; seen || n == nil {
		return
	}
	if st := s.stages[n]; st != nil {
		f.all[n], f.toSinks[n] = st.ended, st.endedToSinks
	} else {
		f.all[n] = StageStats{}
	}
	for _, in := range n.Inputs {
		s.collect(in, f)
	}
}

// ofSink returns the figures of a node that no source was started for: a sink, or one that is still to come.
func (f figures) ofSink(n *Node) (sum StageStats) {
	for _, in := range n.Inputs {
		from := f.toSinks[in]
		sum.Values += from.Values
		sum.Started += from.Started
		sum.Running += from.Running
		sum.Lived += from.Lived
		sum.Own += from.InEmit
	}
	return sum
}

// A stage is what the statistics have of one node.
type stage struct {
	kept         bool
	live         map[*span]struct{}
	ended        StageStats // those of the runs that have ended
	endedToSinks StageStats // and of them, of those that fed a sink
}

// observed is s with a span for its run, as one that is started inside the run of outer.
func (s Source[T]) observed(outer *span) Source[T] {
	start, node := s.start, s.node
	s.start = func(ctx context.Context, emit func(T) error, end func(error)) {
		sp := outer.begin(node)
		returned := false
		defer func() {
			if !returned { // a panic, which becomes an ending where the chain was entered
				sp.end(errStartPanicked)
			}
		}()
		start(&spanContext{ctx, sp}, func(v T) error {
			sp.enter()
			defer sp.leave()
			err := emit(v)
			sp.stopped = err != nil
			return err
		}, func(err error) {
			if sp.stopped || ctx.Err() != nil && isCause(err, ctx) {
				sp.end(nil)
			} else {
				sp.end(err)
			}
			end(err)
		})
		returned = true
	}
	return s
}
