package stress

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsflow/wsflow/flow"
)

// A held is a value that may be used while its source hands it on, and as long as it is held.
type held struct {
	n     int
	graph *lending

	mu    sync.Mutex
	lent  bool
	holds int
}

type helds = flow.Source[*held]

// A lending knows all values of one graph, and what was done wrong with them.
type lending struct {
	mu    sync.Mutex
	all   []*held
	fault error
}

func (l *lending) wrong(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fault == nil {
		l.fault = fmt.Errorf(format+"\n%s", append(args, debug.Stack())...)
	}
}

// Hold implements [flow.Holder].
func (h *held) Hold() { h.change(1) }

// Release implements [flow.Holder].
func (h *held) Release() { h.change(-1) }

func (h *held) change(by int) {
	h.mu.Lock()
	before, lent := h.holds, h.lent
	h.holds += by
	h.mu.Unlock()
	switch {
	case by > 0 && before == 0 && !lent:
		h.graph.wrong("value %d is held again after it was released", h.n)
	case by < 0 && before == 0:
		h.graph.wrong("value %d is released more often than held", h.n)
	}
}

// use is what every function of the user's does with a value.
func (h *held) use() *held {
	h.mu.Lock()
	gone := !h.lent && h.holds == 0
	h.mu.Unlock()
	if gone {
		h.graph.wrong("value %d is used after it was released", h.n)
	}
	return h
}

// lend makes a value and lends it to emit.
func (l *lending) lend(n int, emit func(*held) error) error {
	h := &held{n: n, graph: l, lent: true}
	l.mu.Lock()
	l.all = append(l.all, h)
	l.mu.Unlock()
	defer func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.lent = false
	}()
	return emit(h)
}

// check says what is wrong when all has ended.
func (l *lending) check() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, h := range l.all {
		if h.holds > 0 && l.fault == nil {
			return fmt.Errorf("value %d is still held %d times", h.n, h.holds)
		}
	}
	return l.fault
}

// heldLeaf makes a source of a few values.
func heldLeaf(r *rand.Rand, l *lending) helds {
	n, fails, pause := r.IntN(8), r.IntN(5) == 0, time.Duration(r.IntN(3))*time.Millisecond
	loop := func(ctx context.Context, emit func(*held) error) error {
		for i := range n {
			if pause > 0 {
				select {
				case <-time.After(pause):
				case <-ctx.Done():
					return context.Cause(ctx)
				}
			}
			if err := l.lend(i, emit); err != nil {
				return err
			}
		}
		if fails {
			return errBroken
		}
		return nil
	}
	if r.IntN(2) == 0 {
		return flow.FromFunc(loop)
	}
	return flow.NewSource("inside the start", func(ctx context.Context, emit func(*held) error, end func(error)) {
		flow.Guard(end, func() error { return loop(ctx, emit) })
	})
}

func buildHeld(r *rand.Rand, l *lending, levels int) helds {
	if levels == 0 {
		return heldLeaf(r, l)
	}
	if r.IntN(4) > 0 {
		return heldStages[r.IntN(len(heldStages))](r, buildHeld(r, l, levels-1))
	}
	inputs := make([]helds, 2+r.IntN(2))
	for i := range inputs {
		inputs[i] = buildHeld(r, l, levels-1-r.IntN(levels))
	}
	return heldJoins[r.IntN(len(heldJoins))](inputs)
}

func TestRandomGraphsReleaseWhatTheyHold(t *testing.T) {
	for i := range uint64(count()) {
		n := i + 1
		if *seed != 0 {
			n = *seed
		}
		if err := runHeld(t, n); err != nil || t.Failed() {
			t.Fatalf("graph %d (-seed=%d): %v\n%v", n, n, err, describeHeld(n))
		}
		if *seed != 0 {
			return
		}
	}
}

func describeHeld(seed uint64) *flow.Node {
	r := rand.New(rand.NewPCG(seed, 4))
	return flow.Describe(buildHeld(r, new(lending), 1+r.IntN(5)))
}

func runHeld(t *testing.T, seed uint64) (fault error) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			fault = fmt.Errorf("%v", p)
		}
	}()
	synctest.Test(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(seed, 4))
		l := new(lending)
		source := buildHeld(r, l, 1+r.IntN(5))
		playHeld(t, r, source)
		synctest.Wait()
		fault = l.check()
	})
	return fault
}

// playHeld runs the source in one way, and uses what comes of it.
func playHeld(t *testing.T, r *rand.Rand, source helds) {
	how, at, slow := way(r.IntN(int(ways))), int64(1+r.IntN(4)), r.IntN(3) == 0
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	if how == cancelledAt {
		defer time.AfterFunc(time.Duration(r.IntN(15))*time.Millisecond, func() { cancel(errCause) }).Stop()
	}
	var n atomic.Int64
	ended := make(chan struct{})
	source.Start(ctx, func(h *held) error {
		h.use()
		if slow {
			time.Sleep(time.Millisecond)
			h.use()
		}
		if n.Add(1) == at {
			switch how {
			case stopped:
				return errStop
			case cancelledIn:
				cancel(errCause)
			case panicking:
				panic(errStop)
			}
		}
		return nil
	}, func(error) { close(ended) })
	<-ended
}
