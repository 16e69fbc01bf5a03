package flow

import (
	"context"
	"errors"
	"sync"
)

// A fanOut is an operator that has flows inside. It feeds each of them a branch, and merges what comes out of
// them. The flows are applied when the operator is made, so that they can be described; the branch that such a
// flow starts finds the run that it belongs to through its context.
type fanOut[O any] struct {
	outs  []Source[O] // what the flows make of their branches
	fresh []func(*fanRun, int) outlet
	in    *Node
}

// An outlet is a branch in one run.
type outlet interface {
	// close ends the branch because in has ended. It is not called while a value is being fed.
	close(err error)
}

// addFlow applies a flow to a branch of the operator, and returns what finds that branch in a run. fresh makes the
// outlet of a run, and start is the StartFunc of the branch.
func addFlow[T, O any, B outlet](
	op *fanOut[O], flow Flow[T, O], fresh func(*fanRun, int) B, start func(b B, ctx context.Context, emit func(T) error, end func(error)),
) func(*fanRun) B {
	i := len(op.outs)
	find := func(r *fanRun) B { return r.outlets[i].(B) }
	branch := Source[T]{node: op.in, start: func(ctx context.Context, emit func(T) error, end func(error)) {
		spanOf(ctx).isBranch(op.in)
		r, ok := ctx.Value(op).(*fanRun)
		switch {
		case !ok:
			end(errForeignBranch)
		case !r.use(i):
			end(ErrConsumed)
		default:
			start(find(r), ctx, emit, end)
		}
	}}
	op.outs = append(op.outs, flow(branch))
	op.fresh = append(op.fresh, func(r *fanRun, i int) outlet { return fresh(r, i) })
	return find
}

var errForeignBranch = errors.New("flow: input of a flow was run without the context of the operator that the flow is in")

// source makes the operator of its name and of what starts in.
func (op *fanOut[O]) source(name string, begin func(*fanRun)) Source[O] {
	return Source[O]{
		start: func(ctx context.Context, emit func(O) error, end func(error)) {
			if len(op.outs) == 0 {
				end(nil)
				return
			}
			Go(ctx, func() { op.run(ctx, begin, emit, end) })
		},
		node: &Node{Name: name, Inputs: describeAll(op.outs)},
	}
}

// feeding returns what starts in: take makes what in is run with.
func feeding[I any](in Source[I], take func(*fanRun) func(I) error) func(*fanRun) {
	return func(r *fanRun) { in.Start(r.inCtx, take(r), r.inputEnded) }
}

func (op *fanOut[O]) run(ctx context.Context, begin func(*fanRun), emit func(O) error, end func(error)) {
	n := len(op.outs)
	r := &fanRun{begin: begin, enough: errors.New("flow: no branch takes any more"), flows: make([]flowState, n), unready: n, open: n}
	ctx, cancel := context.WithCancelCause(context.WithValue(ctx, op, r))
	r.ctx = ctx
	r.inCtx, r.stopIn = context.WithCancelCause(ctx)
	for i, fresh := range op.fresh {
		r.outlets = append(r.outlets, fresh(r, i))
	}
	m := &merge[O]{ctx: ctx, cancel: cancel, emit: emit, gate: newGate(), end: func(err error) {
		if r.cleanup != nil {
			r.cleanup()
		}
		end(err)
	}}
	m.running.Store(int64(n) + 1)
	r.ended = m.ended
	op.startFlows(r, m, 0)
}

// startFlows starts the flows from that number on, and in after them if that is not to wait.
func (op *fanOut[O]) startFlows(r *fanRun, m *merge[O], i int) {
	left := true
	defer func() {
		if left { // a flow has left the goroutine, and has ended by that; the others have not
			go op.startFlows(r, m, i+1)
		}
	}()
	for ; i < len(op.outs); i++ {
		sc := r.nextFlow()
		op.outs[i].enter(sc, m.take, r.flowEnd(i))
		r.flowStarted(i)
		sc.spawn()
	}
	left = false
	if r.allStarted() {
		r.begin(r)
	}
}

// flowEnd returns the end of what comes out of a flow. One that ends without having started its branch
// does not wait for it.
func (r *fanRun) flowEnd(i int) func(error) {
	return func(err error) {
		r.ready(i)
		r.over(i)
		r.ended(err)
	}
}

// A fanRun is one run of a fanOut, as far as in and the branches are concerned.
type fanRun struct {
	ctx     context.Context // that of the flows
	inCtx   context.Context
	stopIn  context.CancelCauseFunc
	enough  error           // what in is stopped with, of this run alone
	begin   func(r *fanRun) // starts in
	ended   func(error)     // counts the flows and in
	outlets []outlet

	cleanup func() // after the end of all, if not nil

	mu       sync.Mutex
	flows    []flowState
	starting *scope // that of the flow that is being started
	started  bool   // all flows have been
	unready  int    // flows whose branch cannot be fed yet
	open     int    // branches that take values, or will
	running  bool   // in has been started
}

type flowState struct {
	used     bool // the branch has been started
	attached bool // it was while the operator started the flow
	ready    bool
	over     bool
}

// use reports whether this is the first start of the branch.
func (r *fanRun) use(i int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	first := !r.flows[i].used
	r.flows[i].used = true
	return first
}

func (r *fanRun) nextFlow() *scope {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.starting = newScope(r.ctx)
	return r.starting
}

func (r *fanRun) flowStarted(i int) {
	r.mu.Lock()
	attached := r.flows[i].attached
	r.starting = nil
	r.mu.Unlock()
	if attached {
		r.ready(i)
	}
}

// attach makes the branch ready once the start that is under way has returned.
func (r *fanRun) attach(ctx context.Context, i int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if sc := scopeOf(ctx); sc == r.starting {
		r.flows[i].attached = true
		return
	}
	Go(ctx, func() { r.ready(i) })
}

// ready says that the branch can be fed, or never will be. After the last one in is started: before that,
// nobody could take what it gives.
func (r *fanRun) ready(i int) {
	r.mu.Lock()
	first := !r.flows[i].ready
	if first {
		r.flows[i].ready = true
		r.unready--
	}
	begin := first && r.begins()
	r.mu.Unlock()
	if begin {
		go r.begin(r)
	}
}

// allStarted reports whether in is to be started right away.
func (r *fanRun) allStarted() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.started = true
	return r.begins()
}

// begins reports, once, that in is to be started. It is called with the lock held.
func (r *fanRun) begins() bool {
	if !r.started || r.unready > 0 || r.running {
		return false
	}
	r.running = true
	return true
}

// over says that the branch takes no more. After the last one, in is stopped.
func (r *fanRun) over(i int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.flows[i].over {
		return
	}
	r.flows[i].over = true
	if r.open--; r.open == 0 {
		r.stopIn(r.enough)
	}
}

// stopped returns the cause when in is to stop.
func (r *fanRun) stopped() error {
	if isClosed(r.inCtx.Done()) {
		return context.Cause(r.inCtx)
	}
	return nil
}

// inputEnded is the end of in. The branches end with what it ended with, all but one on goroutines of their own:
// what a flow does after the end of its input may take its time, and the others do not wait for that.
func (r *fanRun) inputEnded(err error) {
	var own error
	if _, panicked := err.(*PanicError); panicked { // also if no branch is left to hand it on
		own = err
	}
	left := r.left()
	for i, b := range left {
		if i < len(left)-1 {
			go b.close(err)
		} else {
			b.close(err)
		}
	}
	r.ended(own)
}

// left returns the branches that are not over.
func (r *fanRun) left() (left []outlet) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, b := range r.outlets {
		if !r.flows[i].over {
			left = append(left, b)
		}
	}
	return left
}
