package hub

import (
	"context"

	"github.com/wsflow/wsflow/flow"
)

// Source returns the stream of what the producers give, those of one producer in their order. It is complete after
// Close, when what waits has passed; after Drain, when the producers have ended, too; after Fail it fails then. It is
// one-shot: a second run ends with [flow.ErrConsumed]. Once its run has ended, the merge is closed, and values that
// wait are dropped.
func (m *Merge[T]) Source() flow.Source[T] {
	return flow.NewSource("Merge", func(ctx context.Context, emit func(T) error, end func(error)) {
		flow.Guard(end, func() error {
			if !m.consume() {
				return flow.ErrConsumed
			}
			defer m.abandon()
			return m.run(ctx, emit)
		})
	})
}

func (m *Merge[T]) consume() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	first := !m.consumed
	m.consumed = true
	return first
}

func (m *Merge[T]) run(ctx context.Context, emit func(T) error) error {
	done := ctx.Done()
	current := new(T)
	for {
		select {
		case <-done:
			return context.Cause(ctx)
		default:
		}
		switch ok, ended, err := m.take(current); {
		case ended:
			return err
		case !ok:
			select {
			case <-m.ready:
			case <-done:
				return context.Cause(ctx)
			}
		default:
			if err := handOn(m.keep, current, emit); err != nil {
				return err
			}
		}
	}
}

// take moves the next value to *v. If there is none, ended says that none will come, and else the consumer is to be
// woken.
func (m *Merge[T]) take(v *T) (ok, ended bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.turns.n > 0 {
		m.next(v)
		return true, false, nil
	}
	if m.state == mergeClosed || m.state == mergeDraining && m.producers == 0 {
		return false, true, m.ending.err
	}
	m.waits = true
	return false, false, nil
}

// next takes a value of the producer whose turn it is. It is called with the lock held.
func (m *Merge[T]) next(v *T) {
	p := m.turns.take()
	*v = p.values.take()
	if p.queued = p.values.n > 0; p.queued {
		m.turns.put(p)
	}
	if p.values.n <= m.buffer/2 { // not for each value: a switch of goroutines costs more than all the rest
		p.line.wake()
	}
}

// Close ends the merge: producers are stopped, nothing can be published any more, and the stream completes when what
// waits has passed.
func (m *Merge[T]) Close() { m.end(mergeClosed, nil) }

// Fail is Close with an error: the stream and the producers fail with err. With a nil err it is Close.
func (m *Merge[T]) Fail(err error) { m.end(mergeClosed, err) }

// Drain lets no new producers in, and returns when those that are there have ended and all values have passed. If ctx
// is done before, it returns the cause, and the merge goes on until then, or until Close.
func (m *Merge[T]) Drain(ctx context.Context) error {
	m.end(mergeDraining, nil)
	select {
	case <-m.gone:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// end brings the merge to a later state. How it ends is decided by the first that stops producers.
func (m *Merge[T]) end(state mergeState, err error) {
	m.mu.Lock()
	if m.state >= state {
		m.mu.Unlock()
		return
	}
	m.state = state
	m.ending = &ending{err: err}
	ending := m.ending
	m.wake()
	m.direct.line.wake()
	m.mu.Unlock()
	if state >= mergeClosed {
		m.sinks.stop(ending)
	}
}

// abandon is the end of the consumer's run.
func (m *Merge[T]) abandon() {
	m.end(mergeClosed, nil)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state = mergeGone
	for m.turns.n > 0 {
		p := m.turns.take()
		p.queued = false
		for p.values.n > 0 {
			v := p.values.take()
			m.keep.release(&v)
		}
	}
	close(m.gone)
}
