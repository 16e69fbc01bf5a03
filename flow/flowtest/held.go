package flowtest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/wsflow/wsflow/flow"
)

// A Held is a value that knows whether it may be used: while the input's emit has it, and as long as it is held.
// It is what [TestHolding] runs a flow with.
type Held struct {
	N int // the number of the value, from 0

	mu       sync.Mutex
	holds    int
	given    bool
	tooOften bool
}

var _ flow.Holder = (*Held)(nil)

// Hold implements [flow.Holder].
func (h *Held) Hold() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.holds++
}

// Release implements [flow.Holder].
func (h *Held) Release() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.holds--
	h.tooOften = h.tooOften || h.holds < 0
}

// String gives the number of the value.
func (h *Held) String() string { return fmt.Sprintf("Held(%d)", h.N) }

func (h *Held) usable() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.given || h.holds > 0
}

func (h *Held) give(given bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.given = given
}

// TestHolding checks that f keeps the values that pass through it usable as long as they are needed, with
// balanced calls of Hold and Release: when all is well, when what follows stops, panics or is slow, and when
// the input fails, panics, or is cancelled. It runs f over n values. f may leave values out.
func TestHolding(f flow.Flow[*Held, *Held], n int, opts ...Option) error {
	c := &holding{newFlowChecker(f, make([]*Held, n), nil, opts)}
	c.each(func(m mode) {
		for _, end := range []finish{completes, fails, panics} {
			c.check(f, m, end, "all values taken", func(int, context.CancelCauseFunc) error { return nil })
		}
		for k := range n {
			c.check(f, m, completes, "emit says stop at value "+digits(k), at(k, func(context.CancelCauseFunc) error { return errStop }))
			c.check(f, m, completes, "emit panics at value "+digits(k), at(k, func(context.CancelCauseFunc) error { panic(emitPanic) }))
			c.check(f, m, hangs, "cancelled at value "+digits(k), at(k, func(cancel context.CancelCauseFunc) error {
				cancel(errCause)
				return nil
			}))
		}
	})
	return c.err()
}

func at(k int, do func(context.CancelCauseFunc) error) func(int, context.CancelCauseFunc) error {
	return func(i int, cancel context.CancelCauseFunc) error {
		if i == k {
			return do(cancel)
		}
		return nil
	}
}

type holding struct {
	*checker[*Held, *Held]
}

// check runs f over fresh values and looks at each of them while it is handed on, and in the end.
func (c *holding) check(f flow.Flow[*Held, *Held], m mode, end finish, what string, then func(int, context.CancelCauseFunc) error) {
	values := make([]*Held, len(c.in))
	for i := range values {
		values[i] = &Held{N: i}
	}
	in := newInput(values, m, end)
	in.around = func(h *Held, emit func() error) error {
		h.give(true)
		defer h.give(false)
		return emit()
	}
	unusable := make(map[*Held]bool)
	p := plan[*Held]{name: c.name(m, end, len(values), what), want: len(values)}
	p.emit = func(i int, h *Held, cancel context.CancelCauseFunc) error {
		unusable[h] = unusable[h] || !h.usable()
		time.Sleep(50 * time.Microsecond)
		unusable[h] = unusable[h] || !h.usable()
		return then(i, cancel)
	}
	if end == hangs {
		p.beside = func(r *recorder[*Held], cancel context.CancelCauseFunc) {
			r.awaitQuiet(in.quiet, c.patience)
			cancel(errCause)
		}
	}
	c.run(f(in.source()), p)
	for _, h := range values {
		switch {
		case unusable[h]:
			c.violated(Balance, p.name, "%v is emitted while nobody holds it", h)
		case h.tooOften:
			c.violated(Balance, p.name, "%v is released more often than held", h)
		case h.holds != 0:
			c.violated(Balance, p.name, "%v is still held %d times after the end", h, h.holds)
		}
	}
}
