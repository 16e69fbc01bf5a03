package flow

import (
	"context"
	"errors"
	"sync"
)

// A fanOut is an operator that has flows inside. It feeds each of them a source of its own, the branch, and merges what
// comes out of them. The flows are applied when the operator is made, so that they can be described; the branch that
// such a flow starts finds the run that it belongs to through its context.
type fanOut[O any] struct {
	outs  []Source[O] // what the flows make of their branches
	fresh []func(r *fanRun, i int) branch
	in    *Node
}

// A branch is the input of a flow in one run: a fed, or a worker of Balance.
type branch interface {
	inner() *scope   // what the flow is started in
	launch()         // its start has returned
	await() bool     // it can be fed, or never will be
	close(err error) // in has ended; not called while a value is being fed
	leave()          // the flow has ended
}

func (f *fed[T]) inner() *scope { return f.scope }

// addFlow applies a flow to a branch of the operator, and returns what finds that branch in a run. fresh makes the
// branch of a run, and start is its StartFunc.
func addFlow[T, O any, B branch](
	op *fanOut[O], flow Flow[T, O], fresh func(*fanRun, int) B, start func(b B, ctx context.Context, emit func(T) error, end func(error)),
) func(*fanRun) B {
	i := len(op.outs)
	find := func(r *fanRun) B { return r.branches[i].(B) }
	input := Source[T]{node: op.in, start: func(ctx context.Context, emit func(T) error, end func(error)) {
		spanOf(ctx).isBranch(op.in)
		r, ok := ctx.Value(op).(*fanRun)
		if !ok {
			end(errForeignBranch)
			return
		}
		start(find(r), ctx, emit, end)
	}}
	op.outs = append(op.outs, flow(input))
	op.fresh = append(op.fresh, func(r *fanRun, i int) branch { return fresh(r, i) })
	return find
}

var errForeignBranch = errors.New("flow: input of a flow was run without the context of the operator that the flow is in")

// addBranch adds a flow that in feeds directly.
func addBranch[T, O any](op *fanOut[O], flow Flow[T, O]) func(*fanRun) *fed[T] {
	return addFlow(op, flow, func(r *fanRun, i int) *fed[T] {
		f := newFed[T](r.ctx, func() { r.over(i) })
		f.aside = true
		return f
	}, (*fed[T]).start)
}

func addBranches[I, O any](op *fanOut[O], flows []Flow[I, O]) func(*fanRun) []*fed[I] {
	finds := make([]func(*fanRun) *fed[I], len(flows))
	for i, f := range flows {
		finds[i] = addBranch(op, f)
	}
	return func(r *fanRun) []*fed[I] {
		branches := make([]*fed[I], len(finds))
		for i, find := range finds {
			branches[i] = find(r)
		}
		return branches
	}
}

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
	r := &fanRun{enough: errors.New("flow: no branch takes any more"), gone: make([]bool, n), open: n}
	ctx, cancel := context.WithCancelCause(context.WithValue(ctx, op, r))
	r.ctx = ctx
	r.inCtx, r.stopIn = context.WithCancelCause(ctx)
	for i, fresh := range op.fresh {
		r.branches = append(r.branches, fresh(r, i))
	}
	m := &merge[O]{ctx: ctx, cancel: cancel, emit: emit, gate: newGate(), end: func(err error) {
		if r.cleanup == nil {
			end(err)
			return
		}
		cleanUp(err, r.cleanup, end)
	}}
	m.running.Store(int64(n) + 1)
	r.merge = m
	op.startFlows(r, m, begin, 0)
}

// startFlows starts the flows from that number on, and in after them: once each of them can be fed, for before
// that nobody could take what in gives.
func (op *fanOut[O]) startFlows(r *fanRun, m *merge[O], begin func(*fanRun), i int) {
	left := true
	defer func() {
		if left { // a flow has left the goroutine, and has ended by that; the others have not
			go op.startFlows(r, m, begin, i+1)
		}
	}()
	for ; i < len(op.outs); i++ {
		op.startFlow(r, m, i)
	}
	left = false
	for _, b := range r.branches {
		b.await()
	}
	begin(r)
}

func (op *fanOut[O]) startFlow(r *fanRun, m *merge[O], i int) {
	b := r.branches[i]
	op.outs[i].enter(b.inner(), m.take, func(err error) {
		b.leave()
		r.over(i)
		r.flowEnded(err)
	})
	b.launch()
}

// A fanRun is one run of a fanOut, as far as in and the branches are concerned.
type fanRun struct {
	ctx    context.Context // that of the flows
	inCtx  context.Context
	stopIn context.CancelCauseFunc
	enough error // what in is stopped with, of this run alone
	merge  interface {
		fail(error)
		note(error)
		ended(error)
	}
	branches []branch

	cleanup func() // after the end of all, if not nil

	mu    sync.Mutex
	gone  []bool // branches that take no more
	open  int    // how many do, or will
	inErr error  // what in has failed with
}

// over says that the branch takes no more. After the last one, in is stopped.
func (r *fanRun) over(i int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gone[i] {
		return
	}
	r.gone[i] = true
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

// flowEnded is the end of what comes out of a flow. A flow that fails cancels the others; but an error of in is on its
// way to all of them, behind its values, which it does not overtake.
func (r *fanRun) flowEnded(err error) {
	r.mu.Lock()
	inErr := r.inErr
	r.mu.Unlock()
	if inErr != nil && errors.Is(err, inErr) {
		r.merge.note(err)
		err = nil
	}
	r.merge.ended(err)
}

// inputEnded is the end of in. The branches end with what it ended with, all but one on goroutines of their own:
// what a flow does after the end of its input may take its time, and the others do not wait for that.
func (r *fanRun) inputEnded(err error) {
	r.mu.Lock()
	r.inErr = err
	var left []branch
	for i, b := range r.branches {
		if !r.gone[i] {
			left = append(left, b)
		}
	}
	r.mu.Unlock()
	if _, panicked := err.(*PanicError); panicked { // also if no branch is left to hand it on
		r.merge.fail(err)
	}
	// Deferred, for the end of what a flow makes of it may leave the goroutine.
	defer r.merge.ended(nil)
	for i, b := range left {
		if i < len(left)-1 {
			go b.close(err)
		} else {
			b.close(err)
		}
	}
}
