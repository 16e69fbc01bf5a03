package flowtest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/wsflow/wsflow/flow"
)

// A checker runs what is under test again and again, and collects what is wrong.
type checker[I, O any] struct {
	options
	build func(*input[I]) flow.Source[O]
	in    []I
	want  []O
	modes []mode
	runs  *family
	found []error
	stuck bool // a run did not finish: others would not either, and each takes all the patience there is
}

// An outcome is what a run came to.
type outcome[O any] struct {
	values []O
	err    error
	ended  bool
}

// run runs s as planned. The laws that every run keeps are checked here.
func (c *checker[I, O]) run(s flow.Source[O], p plan[O]) outcome[O] {
	if c.stuck {
		return outcome[O]{}
	}
	p.want = max(p.want, len(c.want), 1)
	return c.outcome(run(s, p, c.patience, c.runs))
}

func (c *checker[I, O]) outcome(r *recorder[O]) outcome[O] {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, v := range r.problems {
		c.stuck = c.stuck || v.Law == Ends
		c.report(v)
	}
	return outcome[O]{values: slices.Clone(r.values), err: r.err, ended: r.ends > 0 && !r.giveUp}
}

// runOn builds a source over an input and runs it.
func (c *checker[I, O]) runOn(m mode, f finish, n int, p plan[O]) outcome[O] {
	in := newInput(c.in[:n], m, f)
	p.name = c.name(m, f, n, p.name)
	return c.run(c.build(in), p)
}

func (c *checker[I, O]) name(m mode, f finish, n int, what string) string {
	if m == none {
		return what
	}
	return fmt.Sprintf("%s, %s after %d values, %s", m, f, n, what)
}

func (c *checker[I, O]) report(v *Violation) {
	if c.checks(v.Law) {
		c.found = append(c.found, v)
	}
}

func (c *checker[I, O]) violated(law Law, where, format string, args ...any) {
	c.report(&Violation{law, where, fmt.Sprintf(format, args...)})
}

// err looks for goroutines that are left, and returns all that was found.
func (c *checker[I, O]) err() error {
	c.runs.awaitGone(c.patience, func(name, stacks string) {
		c.violated(NoGoroutineLeft, name, "after the end:\n%s", stacks)
	})
	return errors.Join(c.found...)
}

// each calls f for every mode.
func (c *checker[I, O]) each(f func(mode)) {
	for _, m := range c.modes {
		f(m)
	}
}

// ordinary is the plan of an ordinary run: all wanted values are taken. An endless source is stopped after them.
func (c *checker[I, O]) ordinary(name string) plan[O] {
	p := plan[O]{name: name}
	if !c.endless {
		return p
	}
	p.emit = func(i int, _ O, _ context.CancelCauseFunc) error {
		if i == len(c.want)-1 {
			return errStop
		}
		return nil
	}
	return p
}

// complete reports whether a stream that ended with err ended as an ordinary run does.
func (c *checker[I, O]) complete(err error) bool {
	if c.endless {
		return err == errStop // exactly
	}
	return err == nil
}

// checkAll checks the laws, in groups.
func (c *checker[I, O]) checkAll() error {
	if len(c.want) > 0 || !c.endless {
		c.checkValues()
		c.checkAgain()
	}
	c.checkStop()
	c.checkCancel()
	c.checkFailure()
	c.checkPanics()
	return c.err()
}
