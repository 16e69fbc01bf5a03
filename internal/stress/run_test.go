package stress

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsflow/wsflow/flow"
)

var (
	graphs = flag.Int("graphs", 100_000, "how many graphs to build; a tenth of that with -short")
	seed   = flag.Uint64("seed", 0, "build this graph alone")
)

var (
	errStop  = errors.New("stress: stopped")
	errCause = errors.New("stress: cancelled")
)

// built and passed tell how much was done.
var built, passed atomic.Int64

// A way is how a run is interfered with.
type way uint8

const (
	undisturbed way = iota
	stopped         // emit returns an error
	cancelledIn     // the context is cancelled inside emit
	cancelledAt     // the context is cancelled from elsewhere
	panicking       // emit panics
	ways
)

func (w way) String() string {
	return [...]string{"undisturbed", "stopped", "cancelled in emit", "cancelled from elsewhere", "panicking"}[w]
}

func TestRandomGraphsKeepToTheModel(t *testing.T) {
	if *seed != 0 {
		runGraph(t, *seed)
		return
	}
	n := uint64(count())
	const shards = 4
	defer func() { // those are parallel tests: t.Run below waits for them
		if !t.Failed() {
			t.Logf("%d graphs, %d operators, %d values passed", n, built.Load(), passed.Load())
		}
	}()
	t.Run("graphs", func(t *testing.T) {
		for shard := range uint64(shards) {
			t.Run(fmt.Sprint(shard), func(t *testing.T) {
				t.Parallel()
				for i := shard; i < n && !t.Failed(); i += shards {
					runGraph(t, i+1)
				}
			})
		}
	})
}

func count() int {
	if testing.Short() {
		return *graphs / 10
	}
	return *graphs
}

// runGraph builds graph number seed and runs it. What is left of it when it has ended, or that it does not end, is a
// deadlock of the bubble.
func runGraph(t *testing.T, seed uint64) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	defer func() {
		if p := recover(); p != nil || t.Failed() {
			t.Fatalf("graph %d (-seed=%d): %v\n%v", seed, seed, p, describe(seed))
		}
	}()
	synctest.Test(t, func(t *testing.T) {
		g := build(r, 1+r.IntN(5))
		built.Add(size(flow.Describe(g.source)))
		if err := g.play(t, r); err != nil {
			t.Errorf("%v", err)
		}
	})
}

func describe(seed uint64) *flow.Node {
	r := rand.New(rand.NewPCG(seed, 1))
	return flow.Describe(build(r, 1+r.IntN(5)).source)
}

func size(n *flow.Node) int64 {
	total := int64(1)
	for _, in := range n.Inputs {
		total += size(in)
	}
	return total
}

// A graph is a stream and what the model says of it.
type graph struct {
	source ints
	model  stream
}

// stops are errors of emit. Some mean something to operators when it is their input that fails with them.
var stops = []error{
	errStop, errBroken, fmt.Errorf("wrapped: %w", errBroken), errOther, io.EOF, context.Canceled, flow.ErrSkip, flow.ErrEmpty, flow.ErrConsumed,
	&flow.PanicError{Value: errStop},
}

// A plan is how a run goes.
type plan struct {
	how      way
	at       int           // the value at which it happens
	slow     bool          // whoever takes the values takes time
	when     time.Duration // it is cancelled, or 0: before it has begun
	stop     error         // what emit says stop with
	observed bool          // there are statistics of it, which is to make no difference
}

// play runs the graph in one way, or in some at once, and compares.
func (g graph) play(t *testing.T, r *rand.Rand) error {
	runs := 1
	if r.IntN(8) == 0 {
		runs = 3
	}
	results := make(chan error, runs)
	for range runs {
		p := plan{
			how: way(r.IntN(int(ways))), at: 1 + r.IntN(4), slow: r.IntN(4) == 0,
			when: time.Duration(r.IntN(30)) * time.Millisecond, stop: stops[r.IntN(len(stops))], observed: r.IntN(4) == 0,
		}
		if r.IntN(4) == 0 {
			p.when = 0
		}
		if runs == 1 {
			return g.run(t.Context(), p)
		}
		go func() { results <- g.run(t.Context(), p) }()
	}
	var first error
	for range runs {
		if err := <-results; err != nil && first == nil {
			first = fmt.Errorf("at once with others: %w", err)
		}
	}
	return first
}

func (g graph) run(ctx context.Context, p plan) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if p.observed {
		observed, stats := flow.WithStatistics(ctx)
		ctx = observed
		defer stats.Snapshot(flow.Describe(g.source))
	}
	if p.how == cancelledAt {
		if p.when == 0 {
			cancel(errCause)
		} else {
			defer time.AfterFunc(p.when, func() { cancel(errCause) }).Stop()
		}
	}
	var got []int
	var busy, ended atomic.Int32
	ends := make(chan error, 2)
	var fault error
	g.source.Start(ctx, func(v int) error {
		if busy.Add(1) > 1 || ended.Load() > 0 {
			fault = errors.New("emit overlaps, or comes after the end")
		}
		defer busy.Add(-1)
		if p.slow {
			time.Sleep(time.Millisecond)
		}
		passed.Add(1)
		got = append(got, v)
		if len(got) != p.at {
			return nil
		}
		switch p.how {
		case stopped:
			return p.stop
		case cancelledIn:
			cancel(errCause)
		case panicking:
			panic(errStop)
		}
		return nil
	}, func(err error) {
		if busy.Load() > 0 || ended.Add(1) > 1 {
			fault = errors.New("end overlaps emit, or comes twice")
		}
		ends <- err
	})
	end := <-ends
	time.Sleep(time.Nanosecond) // until all that is still at work has had its turn
	if fault != nil {
		return fmt.Errorf("%v: %w", p.how, fault)
	}
	if err := g.judge(p, got, end); err != nil {
		return fmt.Errorf("%v at %d, observed: %v: %w", p.how, p.at, p.observed, err)
	}
	return nil
}

// judge compares what came, and what the stream ended with, to the model.
func (g graph) judge(p plan, got []int, end error) error {
	how, at := p.how, p.at
	interfered := how == cancelledAt || how != undisturbed && len(got) >= at
	if err := g.model.check(got, !interfered); err != nil {
		return err
	}
	var want []error
	switch {
	case how == stopped && interfered:
		if len(got) > at {
			return fmt.Errorf("%d values after stop", len(got)-at)
		}
		if end != p.stop {
			return fmt.Errorf("ended with %v, want %v, which emit has returned", end, p.stop)
		}
		return nil
	case how == panicking && interfered:
		var panicked *flow.PanicError
		if !errors.As(end, &panicked) || panicked.Value != errStop || len(got) > at {
			return fmt.Errorf("ended with %v after %d values, want the panic", end, len(got))
		}
		return nil
	case interfered:
		// What the input fails with because it is cancelled, or at that moment, is not recovered from any more.
		want = append(g.model.cutShort().ends, errCause)
	default:
		want = g.model.ends
	}
	if !slices.ContainsFunc(want, func(w error) bool { // what cancel was called with comes as it is
		return w == end || w != nil && w != errCause && errors.Is(end, w)
	}) {
		return fmt.Errorf("ended with %v, want one of %v", end, want)
	}
	return nil
}
