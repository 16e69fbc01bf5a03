package upgrade

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wsflow/wsflow/flow"
)

// ConnStatistics are the figures of a connection, up to the moment that they were asked for.
type ConnStatistics struct {
	Opened   time.Time // when the handshake was through
	BytesIn  int64     // that were read after the handshake, frame headers and control frames included
	BytesOut int64     // that were given to the network
	Pending  int64     // bytes that wait to be, or are being written

	MessagesIn  uint64 // that were handed to the handler
	MessagesOut uint64 // that came from the handler

	Writing time.Duration // that writes to the network took, most of which is waiting for the peer to take bytes
	Blocked time.Duration // how long the write takes that is under way now, or 0

	// Stages are the figures of each node of [Conn.Graph]. The Own of the graph's last one, the connection that sends, is Writing, or
	// the time that the handler was in its emit if that is longer. What is blocked by a write counts as blocked in its emit
	// also where replies are written together, after the emit.
	Stages map[*flow.Node]flow.StageStats
}

// connStats is what a connection with [Settings].Statistics notes. All methods accept nil, which is a connection without.
type connStats struct {
	opened time.Time
	read   atomic.Int64 // bytes

	// Guarded by the lock of the writer.
	wrote time.Duration
	since time.Time // when the write began that is under way, or zero

	mu    sync.Mutex
	flow  *flow.Statistics
	graph *flow.Node
	input *flow.Node
}

func newConnStats(set *Settings, glued []byte) *connStats {
	if !set.Statistics {
		return nil
	}
	s := &connStats{opened: time.Now()}
	s.read.Store(int64(len(glued)))
	return s
}

// readBytes notes what was read.
func (s *connStats) readBytes(n int) {
	if s != nil {
		s.read.Add(int64(n))
	}
}

// writeBegins and writeEnds note a write to the network. They are called with the lock of the writer held.
func (s *connStats) writeBegins() {
	if s != nil {
		s.since = time.Now()
	}
}

func (s *connStats) writeEnds() {
	if s != nil {
		s.wrote += time.Since(s.since)
		s.since = time.Time{}
	}
}

// runs notes the handler, and returns the context to run it with.
func runs[T any](ctx context.Context, s *connStats, in, out flow.Source[T]) context.Context {
	if s == nil {
		return ctx
	}
	ctx, stats := flow.WithStatistics(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flow, s.input = stats, flow.Describe(in)
	s.graph = &flow.Node{Name: "Conn", Inputs: []*flow.Node{flow.Describe(out)}}
	return ctx
}

// Graph returns the graph of the handler that serves the connection, from the connection as what the messages come from
// to the connection as what sends them. It is nil unless [Conn.Run] was called and Settings.Statistics is set. It is
// read-only.
func (c *Conn) Graph() *flow.Node {
	if c.stats == nil {
		return nil
	}
	c.stats.mu.Lock()
	defer c.stats.mu.Unlock()
	return c.stats.graph
}

// Statistics returns the figures of the connection. It reports false unless Settings.Statistics is set.
func (c *Conn) Statistics() (ConnStatistics, bool) {
	s := c.stats
	if s == nil {
		return ConnStatistics{}, false
	}
	figures := ConnStatistics{Opened: s.opened, BytesIn: s.read.Load()}
	c.writing.mu.Lock()
	figures.BytesOut, figures.Pending, figures.Writing = c.flushed, c.appended-c.flushed, s.wrote
	if c.staged != nil {
		figures.BytesIn, figures.BytesOut = int64(c.staged.bytesIn.Load()), int64(c.staged.bytesOut())
	}
	if !s.since.IsZero() {
		figures.Blocked = time.Since(s.since)
		figures.Writing += figures.Blocked
	}
	c.writing.mu.Unlock()

	s.mu.Lock()
	defer s.mu.Unlock()
	if s.flow == nil {
		return figures, true
	}
	figures.Stages = s.flow.Snapshot(s.graph)
	last := s.graph.Inputs[0]
	out, sends := figures.Stages[last], figures.Stages[s.graph]
	out.Blocked = max(out.Blocked, figures.Blocked)
	sends.Own = max(sends.Own, figures.Writing)
	figures.Stages[last], figures.Stages[s.graph] = out, sends
	figures.MessagesOut = out.Values
	figures.MessagesIn = s.flow.Of(s.input).Values // which the graph need not have
	return figures, true
}

// Connections returns the live connections that u has made, in the order that they came in, each with its
// [Conn.ID].
func (u *Upgrader) Connections() iter.Seq2[uint64, *Conn] {
	return func(yield func(uint64, *Conn) bool) {
		for _, c := range u.registry.list() {
			if !yield(c.id, c) {
				return
			}
		}
	}
}

// list returns the live connections in their order.
func (g *registry) list() []*Conn {
	g.mu.Lock()
	all := slices.Collect(maps.Keys(g.conns))
	g.mu.Unlock()
	slices.SortFunc(all, func(a, b *Conn) int { return cmp.Compare(a.id, b.id) })
	return all
}
