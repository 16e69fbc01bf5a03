package flowtest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/wsflow/wsflow/flow"
)

// checkValues: the wanted values come, and then the end, also when what follows is slow.
func (c *checker[I, O]) checkValues() {
	c.each(func(m mode) {
		c.expectWanted(c.ordinary("all values taken"), m)
		slow := c.ordinary("all values taken slowly")
		quick := slow.emit
		slow.emit = func(i int, v O, cancel context.CancelCauseFunc) error {
			time.Sleep(time.Millisecond)
			if quick != nil {
				return quick(i, v, cancel)
			}
			return nil
		}
		c.expectWanted(slow, m)
	})
}

func (c *checker[I, O]) expectWanted(p plan[O], m mode) {
	got := c.runOn(m, completes, len(c.in), p)
	c.compare(Values, c.name(m, completes, len(c.in), p.name), got)
}

func (c *checker[I, O]) compare(law Law, where string, got outcome[O]) {
	if !got.ended {
		return // reported by the run
	}
	if !matches(got.values, c.want, &c.options) {
		c.violated(law, where, "gives %v, want %v", got.values, c.want)
	}
	if !c.complete(got.err) {
		c.violated(law, where, "ends with %v", got.err)
	}
}

// checkAgain: a source can be run again, and at once, or ends with ErrConsumed.
func (c *checker[I, O]) checkAgain() {
	c.each(func(m mode) {
		s := c.build(newInput(c.in, m, completes))
		first := c.ordinary(c.name(m, completes, len(c.in), "first run"))
		c.compare(Again, first.name, c.run(s, first))
		second := c.ordinary(c.name(m, completes, len(c.in), "second run"))
		got := c.run(s, second)
		if c.oneShot {
			if got.ended && (len(got.values) > 0 || !errors.Is(got.err, flow.ErrConsumed)) {
				c.violated(Again, second.name, "is one-shot, and gives %v and ends with %v, want ErrConsumed", got.values, got.err)
			}
			return
		}
		c.compare(Again, second.name, got)
		c.checkAtOnce(m)
	})
}

func (c *checker[I, O]) checkAtOnce(m mode) {
	if c.stuck {
		return
	}
	s := c.build(newInput(c.in, m, completes))
	p := c.ordinary(c.name(m, completes, len(c.in), "two runs at once"))
	var both [2]*recorder[O]
	var runs sync.WaitGroup
	for i := range both {
		runs.Go(func() { both[i] = run(s, p, c.patience, c.runs) })
	}
	runs.Wait()
	for _, r := range both {
		c.compare(Again, p.name, c.outcome(r))
	}
}

// checkStop: whichever value emit says stop at, it is the last, and its error the end.
func (c *checker[I, O]) checkStop() {
	c.each(func(m mode) {
		for k := range c.want {
			p := plan[O]{name: "emit says stop at value " + digits(k)}
			p.emit = func(i int, _ O, _ context.CancelCauseFunc) error {
				if i == k {
					return errStop
				}
				return nil
			}
			got := c.runOn(m, completes, len(c.in), p)
			c.expectStopped(Stop, c.name(m, completes, len(c.in), p.name), got, k, got.err == errStop, "emit's error") // exactly
		}
	})
}

// expectStopped checks a run that what follows has stopped at value k, if it came that far.
func (c *checker[I, O]) expectStopped(law Law, where string, got outcome[O], k int, right bool, want string) {
	if !got.ended {
		return
	}
	if c.lossy && len(got.values) <= k && got.err == nil {
		return
	}
	if !right {
		c.violated(law, where, "ends with %v, want %s", got.err, want)
	}
	if len(got.values) <= k || !starts(got.values[:k+1], c.want, &c.options) {
		c.violated(law, where, "gives %v, want %v", got.values, c.want[:k+1])
	}
}

// checkCancel: a cancelled run ends with the cause.
func (c *checker[I, O]) checkCancel() {
	c.each(func(m mode) {
		before := plan[O]{
			name:    "cancelled before the start",
			started: func(cancel context.CancelCauseFunc) { cancel(errCause) },
		}
		got := c.runOn(m, completes, len(c.in), before)
		c.expectCause(c.name(m, completes, len(c.in), before.name), got, len(c.want) == 0)
		for k := range c.want {
			c.checkCancelAt(m, k)
		}
		if m == none {
			if c.endless {
				c.checkCancelHanging(m, 0)
			}
			return
		}
		c.checkCancelHanging(m, 0)
		c.checkCancelHanging(m, len(c.in))
	})
}

// checkCancelAt cancels a run at value k. Its input hangs after its values, so that it is not complete by itself.
func (c *checker[I, O]) checkCancelAt(m mode, k int) {
	in := newInput(c.in, m, hangs)
	p := plan[O]{name: c.name(m, hangs, len(c.in), "cancelled at value "+digits(k))}
	p.emit = func(i int, _ O, cancel context.CancelCauseFunc) error {
		if i == k {
			cancel(errCause)
		}
		return nil
	}
	if m != none {
		p.beside = func(r *recorder[O], cancel context.CancelCauseFunc) { // if value k does not come
			r.awaitQuiet(in.quiet, c.patience)
			cancel(errCause)
		}
	}
	got := c.run(c.build(in), p)
	last := k == len(c.want)-1
	c.expectCause(p.name, got, last || c.lossy)
}

// expectCause checks a cancelled run. It may be complete if it had nothing more to give.
func (c *checker[I, O]) expectCause(where string, got outcome[O], mayComplete bool) {
	if !got.ended || got.err == errCause || mayComplete && got.err == nil { // exactly
		return
	}
	c.violated(Cancel, where, "gives %v and ends with %v, want context.Cause", got.values, got.err)
}

// checkCancelHanging cancels a run whose input, or which itself, waits for something that does not come.
func (c *checker[I, O]) checkCancelHanging(m mode, n int) {
	in := newInput(c.in[:n], m, hangs)
	p := plan[O]{
		name: c.name(m, hangs, n, "cancelled from outside"),
		beside: func(r *recorder[O], cancel context.CancelCauseFunc) {
			r.awaitQuiet(in.quiet, c.patience)
			cancel(errCause)
		},
	}
	if m == none {
		in.isQuiet()
	}
	got := c.run(c.build(in), p)
	c.expectCause(p.name, got, matches(got.values, c.want, &c.options))
}

// checkFailure: an input's error is what the stream ends with, after all that came before it.
func (c *checker[I, O]) checkFailure() {
	c.each(func(m mode) {
		if m == none {
			return
		}
		for n := range len(c.in) + 1 {
			got := c.runOn(m, fails, n, plan[O]{name: "all values taken"})
			where := c.name(m, fails, n, "all values taken")
			c.expectFailure(Failure, where, got, errors.Is(got.err, errInput), "the input's error")
			if n == len(c.in) {
				c.checkNotOvertaken(m, where, got)
			}
		}
	})
}

// expectFailure checks a run whose input did not complete. The stream may be complete all the same if it had
// its values.
func (c *checker[I, O]) expectFailure(law Law, where string, got outcome[O], right bool, want string) {
	if !got.ended {
		return
	}
	if !starts(got.values, c.want, &c.options) {
		c.violated(law, where, "gives %v, want the beginning of %v", got.values, c.want)
	}
	if right || got.err == nil && (c.lossy || len(got.values) == len(c.want)) {
		return
	}
	c.violated(law, where, "ends with %v, want %s", got.err, want)
}

// checkNotOvertaken compares a run whose input failed with one whose input hangs instead: what
// comes then, comes before the error too.
func (c *checker[I, O]) checkNotOvertaken(m mode, where string, failed outcome[O]) {
	if c.lossy || c.unordered || !failed.ended {
		return
	}
	in := newInput(c.in, m, hangs)
	p := plan[O]{
		name: c.name(m, hangs, len(c.in), "cancelled from outside"),
		beside: func(r *recorder[O], cancel context.CancelCauseFunc) {
			r.awaitQuiet(in.quiet, c.patience)
			cancel(errCause)
		},
	}
	hung := c.run(c.build(in), p)
	if hung.ended && len(failed.values) < len(hung.values) {
		c.violated(Failure, where, "gives %v: the error has overtaken the rest of %v", failed.values, hung.values)
	}
}
