package flow

import "context"

// MapAsync starts a goroutine for each value: it passes on f of every value, in the order of in, with up to
// parallelism calls of f at work at the same time. A result that is there early waits for those before it. The
// first error in that order, of f or of in, ends the stream once the results before it have passed; calls that
// are still at work then are cancelled through their context and waited for. A parallelism of less than 1
// panics.
//
//	in        --1--2--3--------|
//	MapAsync  2, v => v * 10, 1 is slow
//	out       --------10-20--30|
func MapAsync[I, O any](in Source[I], parallelism int, f func(context.Context, I) (O, error)) Source[O] {
	if parallelism < 1 {
		panic("flow: MapAsync with a parallelism of less than 1")
	}
	return derive("MapAsync", in, func(ctx context.Context, emit func(O) error, end func(error)) {
		Go(ctx, func() { runMapAsync(ctx, in, parallelism, f, emit, end) })
	})
}

func runMapAsync[I, O any](
	ctx context.Context, in Source[I], parallelism int,
	f func(context.Context, I) (O, error), emit func(O) error, end func(error),
) {
	outer := ctx
	ctx, cancel := context.WithCancelCause(ctx)
	m := &mapAsync[I, O]{
		ctx: ctx, outer: outer, f: f, emit: emit,
		ring: newRing[call[I, O]](parallelism, parallelism-1), keep: newKeeper[I](),
	}
	apart(ctx, cancel, in, m.take, m.ring.close, m.pass, m.cleanup, end)
}

// A mapAsync is one run of MapAsync: a ring of calls, each a goroutine, which the emitting side waits for in order.
type mapAsync[I, O any] struct {
	ctx     context.Context // that of the input and of f
	outer   context.Context
	f       func(context.Context, I) (O, error)
	emit    func(O) error
	ring    *ring[call[I, O]]
	keep    keeper[I]
	current I // what the value that is being emitted was made of
}

// A call is one call of f. It is used again and again, one after the other.
type call[I, O any] struct {
	in   I
	out  O
	err  error
	done chan struct{} // gets a value when f has returned
	run  func()        // m.run for this call; a method value would be an allocation each time
}

func (m *mapAsync[I, O]) take(v I) error {
	done := m.ctx.Done()
	if isClosed(done) {
		return context.Cause(m.ctx)
	}
	c := m.ring.reserve(done)
	if c == nil {
		return context.Cause(m.ctx)
	}
	if c.run == nil {
		c.done = make(chan struct{}, 1)
		c.run = func() { m.run(c) }
	}
	c.in = v
	m.keep.hold(&c.in)
	go c.run()
	m.ring.put()
	return nil
}

func (m *mapAsync[I, O]) run(c *call[I, O]) {
	Guard(func(err error) {
		c.err = err
		c.done <- struct{}{}
	}, func() (err error) {
		c.out, err = m.f(m.ctx, c.in)
		return err
	})
}

// pass emits the results, in order.
func (m *mapAsync[I, O]) pass() error {
	done := m.outer.Done()
	for {
		c, ended := m.ring.first(done)
		if ended {
			return m.ring.err
		}
		if c == nil || isClosed(done) {
			return context.Cause(m.outer)
		}
		select {
		case <-c.done:
		case <-done:
			return context.Cause(m.outer)
		}
		if err := m.handOn(c); err != nil {
			return err
		}
	}
}

func (m *mapAsync[I, O]) handOn(c *call[I, O]) error {
	var noIn I
	var noOut O
	out, err := c.out, c.err
	m.current = c.in
	c.in, c.out, c.err = noIn, noOut, nil
	m.ring.free()
	defer m.keep.release(&m.current)
	if err != nil {
		return err
	}
	return m.emit(out)
}

// cleanup waits for the calls that nobody needs any more.
func (m *mapAsync[I, O]) cleanup() {
	m.ring.each(func(c *call[I, O]) {
		<-c.done
		m.keep.release(&c.in)
	})
}
