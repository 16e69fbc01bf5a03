package flow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
)

// ErrTooManySubstreams is what [GroupBy] fails with when a value needs a substream more than there may be.
var ErrTooManySubstreams = errors.New("flow: too many substreams")

// GroupBy runs on a goroutine of its own, as [FromFunc] does, and sorts the values of in into substreams by their key.
// Each substream goes through a flow of its own: f is called with the key and the substream when its first value
// comes. The stream is what comes of these flows, as it comes. Synchronous flows cost no switch of goroutines.
//
// A substream ends when in does. If its flow stops it before, the values with its key are dropped until the flow
// has ended; the next one then begins a new substream. Nothing is kept of those that have ended, so that keys may be
// as many as there are users; but if a value needs a new substream while the flows of limit others are at work, the
// stream fails with [ErrTooManySubstreams]. A flow that ends after a quiet while makes room. A limit of less than 1
// panics.
//
// It is complete when in is, and all flows. A flow that fails cancels in and the others, and the stream ends with its
// error when they have ended. An error of in goes to all substreams, and the stream ends with it when their flows have
// ended. If emit says stop meanwhile, it ends with that. The source that a flow gets is one-shot; in waits until the
// flow starts it.
//
//	in       --1--2--3--4--5--|
//	GroupBy  2, odd or even; sum so far
//	out      --1--2--4--6--9--|
func GroupBy[K comparable, I, O any](in Source[I], limit int, key func(I) K, f func(K, Source[I]) Source[O]) Source[O] {
	if limit < 1 {
		panic("flow: GroupBy with a limit of less than 1")
	}
	return derive("GroupBy", in, func(ctx context.Context, emit func(O) error, end func(error)) {
		Go(ctx, func() {
			ctx, cancel := context.WithCancelCause(ctx)
			g := &groups[K, I, O]{
				merge: &merge[O]{ctx: ctx, cancel: cancel, emit: emit, end: end, gate: newGate()},
				limit: int64(limit), key: key, f: f, subs: make(map[K]*substream[K, I]),
			}
			g.running.Store(1) // in
			g.emitted = g.merge.take
			in.Start(ctx, g.take, g.inputEnded)
		})
	})
}

// A groups is one run of GroupBy: a merge of flows, each with a source that is fed. The map is of the input's
// goroutine alone.
type groups[K comparable, I, O any] struct {
	*merge[O]
	limit   int64
	key     func(I) K
	f       func(K, Source[I]) Source[O]
	emitted func(O) error
	subs    map[K]*substream[K, I]
	begun   uint64 // substreams so far

	// With the merge's lock.
	gone   []*substream[K, I] // their flows have ended, and they are in the map perhaps
	failed bool               // in has
}

type substream[K comparable, I any] struct {
	*fed[I]
	key    K
	number uint64
	ended  atomic.Bool // its flow has
}

func (g *groups[K, I, O]) take(v I) error {
	k := g.key(v)
	s := g.subs[k]
	if s == nil || s.ended.Load() {
		if isClosed(g.ctx.Done()) { // a flow has failed, perhaps that one
			return context.Cause(g.ctx)
		}
		var err error
		if s, err = g.begin(k); err != nil {
			return err
		}
	}
	if !s.feed(v) && isClosed(g.ctx.Done()) {
		return context.Cause(g.ctx)
	}
	return nil
}

// begin begins a substream.
func (g *groups[K, I, O]) begin(k K) (*substream[K, I], error) {
	g.forget()
	if g.running.Load() > g.limit { // in is one of them
		return nil, fmt.Errorf("%w: more than %d", ErrTooManySubstreams, g.limit)
	}
	s := &substream[K, I]{key: k, number: g.begun}
	g.begun++
	g.running.Add(1)
	s.fed = startFed(g.ctx, "Substream", func(_ context.Context, in Source[I]) (Source[O], error) {
		return g.f(k, in), nil
	}, func() {}, g.emitted, func(err error) { g.flowEnded(s, err) })
	g.subs[k] = s
	return s, nil
}

// forget takes substreams out of the map whose flows have ended.
func (g *groups[K, I, O]) forget() {
	g.mu.Lock()
	gone := g.gone
	g.gone = nil
	g.mu.Unlock()
	for _, s := range gone {
		if g.subs[s.key] == s {
			delete(g.subs, s.key)
		}
	}
}

func (g *groups[K, I, O]) flowEnded(s *substream[K, I], err error) {
	g.mu.Lock()
	failed := g.failed
	g.gone = append(g.gone, s)
	g.mu.Unlock()
	// If in has failed, the flow was told; to cancel the others would let that error overtake their values.
	if err != nil && !failed {
		g.fail(err)
	}
	s.ended.Store(true)
	g.ended(nil)
}

func (g *groups[K, I, O]) inputEnded(err error) {
	if err != nil {
		g.mu.Lock()
		g.failed = true
		if g.err == nil {
			g.err = err
		}
		g.mu.Unlock()
	}
	subs := make([]*substream[K, I], 0, len(g.subs))
	for _, s := range g.subs {
		subs = append(subs, s)
	}
	slices.SortFunc(subs, func(a, b *substream[K, I]) int { return cmp.Compare(a.number, b.number) })
	g.subs = nil
	g.closeAll(subs, err)
}

// closeAll ends substreams, the oldest first, and then the part of in. What a flow emits when it ends may leave the
// goroutine; the others are to end all the same.
func (g *groups[K, I, O]) closeAll(subs []*substream[K, I], err error) {
	defer func() {
		if len(subs) > 0 {
			g.closeAll(subs, err)
			return
		}
		g.ended(nil)
	}()
	for len(subs) > 0 {
		s := subs[0]
		subs = subs[1:]
		s.close(err)
	}
}
