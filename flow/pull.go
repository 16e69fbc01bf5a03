package flow

import (
	"context"
	"sync"
)

// pullBuffer is how many values wait in a ring where more than two goroutines take part. It is twice that of Async,
// since they are woken more often: zips are a third faster by it.
const pullBuffer = 2 * asyncBuffer

// inputs are the sources of one run of an operator that takes their values one by one. Each source runs on a
// goroutine of its own and puts its values into a ring; the operator's goroutine takes them as it likes.
type inputs struct {
	ctx     context.Context // that of the sources
	cancel  context.CancelCauseFunc
	outer   context.Context
	done    <-chan struct{} // outer's
	ready   chan struct{}   // that of all rings
	all     []waiting
	running sync.WaitGroup
}

// waiting is what inputs needs to know of a pull.
type waiting interface {
	begin()
	arm() (still bool)
	disarm()
	failure() error
	drop()
}

// A pull is one of the sources. It is used by the goroutine that takes the values.
type pull[T any] struct {
	async[T] // its emit is not used
	inputs   *inputs
	source   Source[T]
	quiet    bool // nothing was there at the last look
}

func newInputs(ctx context.Context) *inputs {
	in := &inputs{outer: ctx, done: ctx.Done(), ready: make(chan struct{}, 1)}
	in.ctx, in.cancel = context.WithCancelCause(ctx)
	return in
}

// addInput adds a source, before run.
func addInput[T any](in *inputs, s Source[T]) *pull[T] {
	ring := newRing[T](pullBuffer, pullBuffer/2)
	ring.ready = in.ready
	p := &pull[T]{async: async[T]{ctx: in.ctx, ring: ring, keep: newKeeper[T]()}, inputs: in, source: s}
	in.all = append(in.all, p)
	return p
}

// run runs the sources while pass, on the calling goroutine, takes their values. The stream ends with what
// pass returns, or the panic of a source.
func (in *inputs) run(pass func() error, end func(error)) {
	in.running.Add(len(in.all))
	for _, p := range in.all {
		p.begin()
	}
	Guard(func(err error) {
		in.cancel(err)
		in.running.Wait()
		for _, p := range in.all {
			err = orPanic(err, p.failure())
		}
		cleanUp(err, in.drop, end)
	}, pass)
}

func (in *inputs) drop() {
	for _, p := range in.all {
		p.drop()
	}
}

// wait waits for one of those that were quiet at the last look at them, and there is at least one, to have
// a value or to end. It fails when the run is cancelled.
func (in *inputs) wait() error {
	still := true
	for _, p := range in.all {
		still = p.arm() && still
	}
	if still {
		select {
		case <-in.ready:
		case <-in.done:
		}
	}
	for _, p := range in.all {
		p.disarm()
	}
	return in.cancelled()
}

// cancelled returns the cause once the run is cancelled.
func (in *inputs) cancelled() error {
	if isClosed(in.done) {
		return context.Cause(in.outer)
	}
	return nil
}

func (p *pull[T]) begin() {
	go p.source.Start(p.ctx, p.take, func(err error) {
		p.ring.close(err)
		p.inputs.running.Done()
	})
}

func (p *pull[T]) arm() (still bool) {
	if !p.quiet {
		return true
	}
	r := p.ring
	r.takeWaits.Store(true)
	return r.tail.Load() == r.head.Load() && !r.closed.Load()
}

func (p *pull[T]) disarm() {
	if p.quiet {
		p.ring.takeWaits.Store(false)
	}
}

// look returns the next value, which stays where it is. Without one it reports whether the source has ended.
func (p *pull[T]) look() (slot *T, ended bool) {
	r := p.ring
	p.quiet = false
	if head := r.head.Load(); head == r.seenTail {
		ended = r.closed.Load() // before tail
		r.seenTail = r.tail.Load()
		if head == r.seenTail {
			p.quiet = !ended
			return nil, ended
		}
	}
	return &r.slots[r.out], false
}

// get takes the value that look has returned. It is current until it is let go.
func (p *pull[T]) get(slot *T) T {
	var zero T
	p.current, *slot = *slot, zero
	p.ring.free()
	return p.current
}

func (p *pull[T]) letGo() { p.keep.release(&p.current) }

// handOn emits the value that look has returned.
func (p *pull[T]) handOn(slot *T, emit func(T) error) error {
	if err := p.inputs.cancelled(); err != nil {
		return err
	}
	v := p.get(slot)
	defer p.letGo()
	return emit(v)
}

// failure is what the source has ended with.
func (p *pull[T]) failure() error { return p.ring.err }

func (p *pull[T]) drop() { p.ring.each(p.keep.release) }

// pulling makes a source of an operator that takes the values of sources one by one, in pass.
func pulling[T, O any](
	name string, sources []Source[T], pass func(in *inputs, all []*pull[T], emit func(O) error) error,
) Source[O] {
	return Source[O]{
		start: func(ctx context.Context, emit func(O) error, end func(error)) {
			if len(sources) == 0 {
				end(nil)
				return
			}
			Go(ctx, func() {
				in := newInputs(ctx)
				all := make([]*pull[T], len(sources))
				for i, s := range sources {
					all[i] = addInput(in, s)
				}
				in.run(func() error { return pass(in, all, emit) }, end)
			})
		},
		node: &Node{Name: name, Inputs: describeAll(sources)},
	}
}
