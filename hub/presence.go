package hub

import (
	"context"
	"iter"
	"maps"
	"sync"

	"github.com/wsflow/wsflow/flow"
)

// A Presence knows who is where: the members of topics, each with an id and what else is worth knowing of it. A
// member with several connections is one: it joins with the first, and leaves with the last.
//
// A presence is made with [NewPresence]. Its methods may be called from any goroutine. It has no goroutine, and needs
// no Close.
type Presence[K, ID comparable, M any] struct {
	mu      sync.Mutex
	rooms   map[K]*roster[ID, M]
	version uint64 // of the latest join or update
}

// A roster is who is in one topic, and who wants to know. It is there while there is one of either.
type roster[ID comparable, M any] struct {
	members  map[ID]*member[M]
	watchers map[*watcher[ID, M]]struct{}
}

type member[M any] struct {
	meta        M
	connections int
	joined      uint64 // the version of its join
	version     uint64 // of its join or its last update
}

// NewPresence makes a presence in which nobody is anywhere.
func NewPresence[K, ID comparable, M any]() *Presence[K, ID, M] {
	return &Presence[K, ID, M]{rooms: make(map[K]*roster[ID, M])}
}

// roster returns that of a topic, and makes it. It is called with the lock held.
func (p *Presence[K, ID, M]) roster(topic K) *roster[ID, M] {
	r := p.rooms[topic]
	if r == nil {
		r = &roster[ID, M]{members: make(map[ID]*member[M]), watchers: make(map[*watcher[ID, M]]struct{})}
		p.rooms[topic] = r
	}
	return r
}

// tidy removes the roster of a topic that is of no use. It is called with the lock held.
func (p *Presence[K, ID, M]) tidy(topic K) {
	if r := p.rooms[topic]; r != nil && len(r.members) == 0 && len(r.watchers) == 0 {
		delete(p.rooms, topic)
	}
}

// Join notes a connection of a member to a topic. The first one makes it a member, with meta; the meta of others is
// not looked at. The connection ends with leave, which has no effect when it is called again.
func (p *Presence[K, ID, M]) Join(topic K, id ID, meta M) (leave func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.roster(topic)
	m := r.members[id]
	if m == nil {
		p.version++
		m = &member[M]{meta: meta, joined: p.version, version: p.version}
		r.members[id] = m
		r.changed(id)
	}
	m.connections++
	return sync.OnceFunc(func() { p.leave(topic, r, id, m) })
}

func (p *Presence[K, ID, M]) leave(topic K, r *roster[ID, M], id ID, m *member[M]) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if m.connections--; m.connections > 0 {
		return
	}
	delete(r.members, id)
	r.changed(id)
	p.tidy(topic)
}

// Update gives a member a new meta, and reports false if there is no such member.
func (p *Presence[K, ID, M]) Update(topic K, id ID, meta M) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.rooms[topic]
	if r == nil || r.members[id] == nil {
		return false
	}
	p.version++
	m := r.members[id]
	m.meta, m.version = meta, p.version
	r.changed(id)
	return true
}

// changed tells the watchers. It is called with the lock held.
func (r *roster[ID, M]) changed(id ID) {
	for w := range r.watchers {
		w.changed(id)
	}
}

// Members returns the members of a topic as they are now, in no order.
func (p *Presence[K, ID, M]) Members(topic K) iter.Seq2[ID, M] {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := make(map[ID]M)
	if r := p.rooms[topic]; r != nil {
		for id, m := range r.members {
			now[id] = m.meta
		}
	}
	return maps.All(now)
}

// Len returns how many members a topic has.
func (p *Presence[K, ID, M]) Len(topic K) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r := p.rooms[topic]; r != nil {
		return len(r.members)
	}
	return 0
}

// Present starts a goroutine: it passes on the values of in, and while its run lasts, a connection of the member is
// in the topic. With what the handler of a connection gives out as in, which runs for as long as the connection lasts,
// it is all that presence needs. The member is there before in is started: a Watch in it tells of the member itself.
//
//	in       --1--2--3--|
//	Present  Ada
//	out      --1--2--3--|
//	Watch    Ada joined-Ada left
func Present[K, ID comparable, M, T any](in flow.Source[T], p *Presence[K, ID, M], topic K, id ID, meta M) flow.Source[T] {
	return flow.FromFunc(func(ctx context.Context, emit func(T) error) error {
		defer p.Join(topic, id, meta)()
		return in.Run(ctx, emit)
	}).Named("Present", flow.Describe(in))
}
