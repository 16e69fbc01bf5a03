package flow

import (
	"context"
	"sync"
	"sync/atomic"
)

// Merge runs each source on a goroutine of its own and emits their values as they come, those of one source in their
// order. It is complete when all of them are. The first error cancels the others, and the stream ends with it
// when they have ended; if one of them panics meanwhile, or emit says stop, it ends with that.
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
			Go(ctx, func() { runMerge(ctx, sources, emit, end, (*merge[T]).ended) })
		},
		node: &Node{Name: "Merge", Inputs: describeAll(sources)},
	}
}

// runMerge starts the sources; firstEnded is the end of the first.
func runMerge[T any](
	ctx context.Context, sources []Source[T], emit func(T) error, end func(error), firstEnded func(*merge[T], error),
) {
	ctx, cancel := context.WithCancelCause(ctx)
	m := &merge[T]{ctx: ctx, cancel: cancel, emit: emit, end: end, gate: newGate()}
	m.running.Store(int64(len(sources)))
	for _, s := range sources[1:] {
		go s.Start(ctx, m.take, m.ended)
	}
	sources[0].Start(ctx, m.take, func(err error) { firstEnded(m, err) })
}

// A merge is one run of Merge. Whichever goroutine has a value emits it, while it holds the gate.
type merge[T any] struct {
	ctx     context.Context
	cancel  context.CancelCauseFunc
	emit    func(T) error
	end     func(error)
	gate    *gate
	running atomic.Int64

	mu      sync.Mutex
	err     error // a panic, or emit's, or the first
	stopped bool  // err is emit's
	cut     bool  // complete, and what the sources fail with does not count
}

func (m *merge[T]) take(v T) error {
	if !m.gate.try() && !m.gate.lock(m.ctx.Done()) {
		return context.Cause(m.ctx)
	}
	defer m.gate.unlock()
	if m.ctx.Err() != nil {
		return context.Cause(m.ctx)
	}
	return emitOr(m.stop, m.emit, v)
}

// stop ends the stream with an error of emit, whatever has failed before.
func (m *merge[T]) stop(err error) {
	m.mu.Lock()
	m.err, m.stopped = orPanic(err, m.err), true
	m.mu.Unlock()
	m.cancel(err)
}

// fail ends the stream with the error of a source, if it is the first.
func (m *merge[T]) fail(err error) {
	m.note(err)
	m.cancel(err)
}

// note has the stream end with err, if it is the first, once all have ended.
func (m *merge[T]) note(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err == nil && !m.cut && !m.stopped {
		m.err = err
	}
	m.err = orPanic(m.err, err)
}

// complete cancels all sources without failing the stream.
func (m *merge[T]) complete() {
	m.mu.Lock()
	m.cut = true
	m.mu.Unlock()
	m.cancel(errOtherEnded)
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
