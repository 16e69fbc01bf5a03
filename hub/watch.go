package hub

import (
	"context"
	"fmt"

	"github.com/wsflow/wsflow/flow"
)

// A Change is one of the members of a topic.
type Change[ID comparable, M any] struct {
	Kind ChangeKind
	ID   ID
	Meta M // as it is now; the zero value when the member has left

	// Before says of one that has Joined that it was there when the watch began. The others have come since.
	Before bool
}

// ChangeKind says what a [Change] is.
type ChangeKind uint8

const (
	Joined  ChangeKind = iota + 1 // the member is there; see Before
	Updated                       // it has a new meta
	Left                          // its last connection has ended
)

// String gives the name of the constant.
func (k ChangeKind) String() string {
	switch k {
	case Joined:
		return "Joined"
	case Updated:
		return "Updated"
	case Left:
		return "Left"
	default:
		return fmt.Sprintf("ChangeKind(%d)", uint8(k))
	}
}

// Watch returns the stream of the changes in a topic: first those that are there join, in no order, and then what
// changes from then on, with no hole between. It does not end of itself, nor with a topic of that name. A slow watcher holds nobody up: it gets what
// is new about a member when it comes for it, and not each step on the way. One that has left and come back meanwhile
// is Updated.
//
//	members  Ada joins-------Bob joins---Ada leaves
//	Watch              x
//	out                -Ada--Bob---------Ada
//	                    Joined Joined    Left
//	                    Before
func (p *Presence[K, ID, M]) Watch(topic K) flow.Source[Change[ID, M]] {
	return flow.NewSource("Watch", func(ctx context.Context, emit func(Change[ID, M]) error, end func(error)) {
		flow.Guard(end, func() error {
			w := p.watch(topic)
			defer p.unwatch(topic, w)
			return p.follow(ctx, w, emit)
		})
	})
}

// A watcher is one run of Watch. It is guarded by the presence's lock.
type watcher[ID comparable, M any] struct {
	roster *roster[ID, M]
	began  uint64          // the presence's version then
	told   map[ID]uint64   // the members that it knows of, in which version
	due    map[ID]struct{} // those with which something is to tell
	order  fifo[ID]        // those in due, in the order of their changes, and others
	ready  chan struct{}
	waits  bool
}

func (p *Presence[K, ID, M]) watch(topic K) *watcher[ID, M] {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.roster(topic)
	w := &watcher[ID, M]{
		roster: r, began: p.version, ready: make(chan struct{}, 1),
		told: make(map[ID]uint64), due: make(map[ID]struct{}),
	}
	for id := range r.members {
		w.changed(id)
	}
	r.watchers[w] = struct{}{}
	return w
}

func (p *Presence[K, ID, M]) unwatch(topic K, w *watcher[ID, M]) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(w.roster.watchers, w)
	p.tidy(topic)
}

func (p *Presence[K, ID, M]) follow(ctx context.Context, w *watcher[ID, M], emit func(Change[ID, M]) error) error {
	done := ctx.Done()
	for {
		select {
		case <-done:
			return context.Cause(ctx)
		default:
		}
		p.mu.Lock()
		change, ok := w.next()
		w.waits = !ok
		p.mu.Unlock()
		if ok {
			if err := emit(change); err != nil {
				return err
			}
			continue
		}
		select {
		case <-w.ready:
		case <-done:
		}
	}
}

// changed notes that there is something to tell of a member, unless all is that it came and went.
func (w *watcher[ID, M]) changed(id ID) {
	_, known := w.told[id]
	_, isDue := w.due[id]
	switch {
	case w.roster.members[id] == nil && !known:
		delete(w.due, id)
		w.tidy()
		return
	case !isDue:
		w.due[id] = struct{}{}
		w.order.put(id)
	}
	if w.waits {
		w.waits = false
		w.ready <- struct{}{}
	}
}

// tidy keeps members that come and go from filling the order of a watcher that does not look.
func (w *watcher[ID, M]) tidy() {
	if w.order.n <= 2*len(w.due)+fifoKept {
		return
	}
	kept := make(map[ID]struct{}, len(w.due))
	for range w.order.n {
		id := w.order.take()
		_, isDue := w.due[id]
		if _, twice := kept[id]; isDue && !twice {
			kept[id] = struct{}{}
			w.order.put(id)
		}
	}
}

// next returns the next change that is to tell.
func (w *watcher[ID, M]) next() (change Change[ID, M], ok bool) {
	for w.order.n > 0 {
		id := w.order.take()
		if _, isDue := w.due[id]; !isDue {
			continue
		}
		delete(w.due, id)
		m := w.roster.members[id]
		version, known := w.told[id]
		switch {
		case m == nil && known:
			delete(w.told, id)
			return Change[ID, M]{Kind: Left, ID: id}, true
		case m == nil:
			continue
		case known && m.version == version:
			continue
		}
		w.told[id] = m.version
		if known {
			return Change[ID, M]{Kind: Updated, ID: id, Meta: m.meta}, true
		}
		return Change[ID, M]{Kind: Joined, ID: id, Meta: m.meta, Before: m.joined <= w.began}, true
	}
	return change, false
}
