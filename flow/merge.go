package flow

import (
	"context"
	"sync"
	"sync/atomic"
)

// Merge runs each source on a goroutine of its own and emits their values as they come, those of one source in their
// order. It is complete when all of them are. The first error cancels the others, and the stream ends with it
// when they have ended.
//
//	a       --1-----2-----3--|
//	b       ----7-----8--|
//	Merge
//	out     --1-7---2-8---3--|
func Merge[T any](sources ...Source[T]) Source[T] {
	return Source[T]{
		start: func(ctx context.Context, emit func(T) error, end func(error)) {
			if len(sources) == 0 {
				end(nil)
				return
			}
			Go(ctx, func() { runMerge(ctx, sources, emit, end) })
		},
		node: &Node{Name: "Merge", Inputs: describeAll(sources)},
	}
}

func runMerge[T any](ctx context.Context, sources []Source[T], emit func(T) error, end func(error)) {
	ctx, cancel := context.WithCancelCause(ctx)
	m := &merge[T]{ctx: ctx, cancel: cancel, emit: emit, end: end, gate: newGate()}
	m.running.Store(int64(len(sources)))
	for _, s := range sources[1:] {
		go s.Start(ctx, m.take, m.ended)
	}
	sources[0].Start(ctx, m.take, m.ended)
}

// A merge is one run of Merge. Whichever goroutine has a value emits it, while it holds the gate.
type merge[T any] struct {
	ctx     context.Context
	cancel  context.CancelCauseFunc
	emit    func(T) error
	end     func(error)
	gate    *gate
	running atomic.Int64

	once sync.Once
	err  error // the first
}

func (m *merge[T]) take(v T) (err error) {
	if !m.gate.lock(m.ctx.Done()) {
		return context.Cause(m.ctx)
	}
	returned := false
	defer func() {
		// A panic becomes the error here and not where the input was entered, so that nobody else gets
		// through the gate before the others are cancelled.
		if !returned {
			err = newPanicError(recover())
		}
		if err != nil {
			m.fail(err)
		}
		m.gate.unlock()
	}()
	if isClosed(m.ctx.Done()) {
		err = context.Cause(m.ctx)
	} else {
		err = m.emit(v)
	}
	returned = true
	return err
}

func (m *merge[T]) fail(err error) {
	m.once.Do(func() {
		m.err = err
		m.cancel(err)
	})
}

// ended is the end of each source.
func (m *merge[T]) ended(err error) {
	if err != nil {
		m.fail(err)
	}
	if m.running.Add(-1) > 0 {
		return
	}
	m.cancel(nil)
	m.end(m.err)
}
