package flowtest

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/wsflow/wsflow/flow"
)

// A plan is what happens around one run: what follows the source does, and what the context does.
type plan[O any] struct {
	name    string
	want    int                                                    // so many values are enough; at least 1
	started func(cancel context.CancelCauseFunc)                   // inside start, before the source's; may be nil
	emit    func(i int, v O, cancel context.CancelCauseFunc) error // takes value number i; may be nil
	beside  func(r *recorder[O], cancel context.CancelCauseFunc)   // on a goroutine of its own; may be nil
}

// A recorder stands behind a source and writes down what it does.
type recorder[O any] struct {
	plan   plan[O]
	cancel context.CancelCauseFunc
	done   chan struct{}
	enough chan struct{} // closed when the plan's values have come

	mu       sync.Mutex
	ctx      context.Context // that of the start
	starter  string
	busy     int
	stopped  bool // emit has said stop
	giveUp   bool
	values   []O
	ends     int
	err      error
	problems []*Violation
}

func (r *recorder[O]) problem(law Law, format string, args ...any) {
	r.problems = append(r.problems, &Violation{law, r.plan.name, fmt.Sprintf(format, args...)})
}

// run runs s once as planned and returns what happened, after the end of it.
func run[O any](s flow.Source[O], p plan[O], patience time.Duration, y *family) *recorder[O] {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	r := &recorder[O]{plan: p, cancel: cancel, done: make(chan struct{}), enough: make(chan struct{})}
	watched := flow.Operator("flowtest", s, r.wrap)
	number := y.start(p.name, func() {
		watched.Start(ctx, func(O) error { return nil }, r.endedOutside)
	})
	var beside sync.WaitGroup
	if p.beside != nil {
		beside.Go(func() { p.beside(r, cancel) })
	}
	if !wait(r.done, patience) {
		r.note(Ends, "has not ended after %v", patience)
		r.mu.Lock()
		r.giveUp = true
		r.mu.Unlock()
		cancel(errStop)
		wait(r.done, patience)
		y.forget(number) // what has not ended has not left either
	}
	beside.Wait()
	return r
}

func wait(done <-chan struct{}, patience time.Duration) bool {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}

func (r *recorder[O]) wrap(ctx context.Context, _ func(O) error, end func(error)) (func(O) error, func(error)) {
	r.mu.Lock()
	r.ctx, r.starter = ctx, goroutineID()
	r.mu.Unlock()
	if r.plan.started != nil {
		r.plan.started(r.cancel)
	}
	return r.take, func(err error) {
		if r.ended(err) {
			end(err)
		}
	}
}

// take is the emit that the source is run with.
func (r *recorder[O]) take(v O) (err error) {
	i, ok := r.enter(v)
	if !ok {
		return errStop
	}
	returned := false
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.busy--
		r.stopped = r.stopped || err != nil || !returned
	}()
	runtime.Gosched() // lets others run into a call that is under way
	if r.plan.emit != nil {
		err = r.plan.emit(i, v, r.cancel)
	}
	returned = true
	return err
}

func (r *recorder[O]) enter(v O) (i int, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.checkCall("emit")
	i = len(r.values)
	r.values = append(r.values, v)
	if len(r.values) == r.plan.want {
		close(r.enough)
	}
	switch {
	case r.giveUp:
		return i, false
	case r.ends > 0:
		r.problem(SilentAfterEnd, "emits value %d, %v", i, v)
		return i, false
	case r.stopped:
		r.problem(Stop, "emits value %d, %v, after emit has said stop", i, v)
		return i, false
	}
	r.busy++
	return i, true
}

// ended is the end that the source is run with. It reports whether this is the first call.
func (r *recorder[O]) ended(err error) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.checkCall("end")
	r.ends++
	if r.ends > 1 {
		r.problem(EndsOnce, "ends again, with %v, after %v", err, r.err)
		return false
	}
	r.err = err
	close(r.done)
	return true
}

// checkCall checks what every call of emit and end has to keep. The lock is held.
func (r *recorder[O]) checkCall(name string) {
	if r.busy > 0 {
		r.problem(NoOverlap, "%s is called while emit is at work", name)
	}
	if goroutineID() != r.starter && r.starting() {
		r.problem(InsideStart, "%s is called from another goroutine while start is at work", name)
	}
}

// starting reports whether the start is still under way: only then a task can be registered.
func (r *recorder[O]) starting() (yes bool) {
	defer func() { yes = recover() == nil }()
	flow.Go(r.ctx, func() {})
	return true
}

// endedOutside is called at the end of the run as package flow sees it, which is
// also the end if the source's start panicked.
func (r *recorder[O]) endedOutside(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ends == 0 {
		r.ends, r.err = 1, err
		close(r.done)
	}
}

func (r *recorder[O]) note(law Law, format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.problem(law, format, args...)
}

// count returns how many values have come.
func (r *recorder[O]) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.values)
}

// settle is how long nothing has to happen for a run to be thought quiet.
const settle = 5 * time.Millisecond

// awaitQuiet waits until the run has ended, or its input is quiet and either nothing more comes of it or enough has.
// A source that goes on without waiting never is quiet, and in a bubble leaves no time for settle to pass.
func (r *recorder[O]) awaitQuiet(quiet <-chan struct{}, patience time.Duration) {
	timer := time.NewTimer(patience / 2)
	defer timer.Stop()
	select {
	case <-quiet:
	case <-r.done:
		return
	case <-timer.C:
		return
	}
	for last := -1; ; {
		n := r.count()
		if n == last {
			return
		}
		last = n
		timer.Reset(settle)
		select {
		case <-timer.C:
		case <-r.enough:
			return
		case <-r.done:
			return
		}
	}
}
