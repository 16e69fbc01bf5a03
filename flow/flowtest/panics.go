package flowtest

import (
	"context"
	"errors"
	"runtime"
	"strconv"

	"github.com/wsflow/wsflow/flow"
)

// checkPanics: a panic of the input or of emit becomes the end of the stream, and so does a goroutine that exits.
func (c *checker[I, O]) checkPanics() {
	c.each(func(m mode) {
		for k := range c.want {
			c.checkPanicAt(m, k, "panics", emitPanic, func() { panic(emitPanic) })
			c.checkPanicAt(m, k, "exits its goroutine", nil, runtime.Goexit)
		}
		if m == none {
			return
		}
		for n := range len(c.in) + 1 {
			got := c.runOn(m, panics, n, plan[O]{name: "all values taken"})
			c.expectFailure(Panics, c.name(m, panics, n, "all values taken"), got, isPanic(got.err, inputPanic), "a *PanicError")
			got = c.runOn(m, exits, n, plan[O]{name: "all values taken"})
			c.expectFailure(Panics, c.name(m, exits, n, "all values taken"), got, isPanic(got.err, nil), "a *PanicError")
		}
	})
}

func (c *checker[I, O]) checkPanicAt(m mode, k int, how string, value any, leave func()) {
	p := plan[O]{name: "emit " + how + " at value " + digits(k)}
	p.emit = func(i int, _ O, _ context.CancelCauseFunc) error {
		if i == k {
			leave()
		}
		return nil
	}
	got := c.runOn(m, completes, len(c.in), p)
	c.expectStopped(Panics, c.name(m, completes, len(c.in), p.name), got, k, isPanic(got.err, value), "a *PanicError")
}

// isPanic reports whether err is the *PanicError of a panic with value, or of an exit if value is nil.
func isPanic(err error, value any) bool {
	var p *flow.PanicError
	return errors.As(err, &p) && p.Value == value
}

func digits(n int) string { return strconv.Itoa(n) }

// TestPanic checks a flow in which a function of the user's panics, or exits its goroutine, at some value of
// in: that the stream then ends with a *[flow.PanicError], and that the other laws which hold for every run are
// kept. It is how the functions that an operator calls are tested:
//
//	flowtest.TestPanic(func(in flow.Source[int]) flow.Source[int] {
//		return flow.Map(in, func(int) int { panic("oops") })
//	}, []int{1, 2, 3})
func TestPanic[I, O any](f flow.Flow[I, O], in []I, opts ...Option) error {
	c := newFlowChecker(f, in, nil, opts)
	c.each(func(m mode) {
		got := c.runOn(m, completes, len(c.in), plan[O]{name: "a function panics"})
		var p *flow.PanicError
		if got.ended && !errors.As(got.err, &p) {
			c.violated(Panics, c.name(m, completes, len(c.in), "a function panics"), "ends with %v, want a *PanicError", got.err)
		}
	})
	return c.err()
}
