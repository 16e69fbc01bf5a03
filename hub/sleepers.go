package hub

import (
	"context"
	"sync"
	"sync/atomic"
)

// A sleeper is the part of a subscriber that waits for something to happen.
type sleeper struct {
	ready     chan struct{} // has room for one: whoever wakes does not wait
	cancelled atomic.Bool
	shard     *shard
	index     int // in the shard's list; of the shard
}

func newSleeper() sleeper { return sleeper{ready: make(chan struct{}, 1)} }

func (s *sleeper) wake() {
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

// watch wakes the sleeper when ctx is done, which is cheaper than to have each wait look at two channels. The result
// ends the watch, and waits for what it has begun.
func (s *sleeper) watch(ctx context.Context) (leave func()) {
	if ctx.Done() == nil {
		return func() {}
	}
	woken := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		s.cancelled.Store(true)
		s.wake()
		close(woken)
	})
	return func() {
		if !stop() {
			<-woken
		}
	}
}

// Sleepers are those of a topic that wait. Whoever wakes them finds exactly these; those that are at work cost
// nothing.
type sleepers struct {
	shards [shards]shard
	next   atomic.Uint32
}

// shards is how many locks there are for the goroutines that go to sleep, all at about the same time.
const shards = 8

type shard struct {
	n     atomic.Int64 // of those in the list, and those about to be
	mu    sync.Mutex
	list  []*sleeper
	spare []*sleeper // memory for the next list
}

// join gives s its place.
func (l *sleepers) join(s *sleeper) {
	s.shard = &l.shards[l.next.Add(1)%shards]
}

// sleep waits until s is woken, if it must: must is asked after s is in the list, so that no wake is missed between.
func (s *sleeper) sleep(must func() bool) {
	sh := s.shard
	sh.mu.Lock()
	sh.n.Add(1)
	if s.cancelled.Load() || !must() {
		sh.n.Add(-1)
		sh.mu.Unlock()
		return
	}
	s.index = len(sh.list)
	sh.list = append(sh.list, s)
	sh.mu.Unlock()
	<-s.ready
	if s.cancelled.Load() {
		sh.remove(s)
	}
}

// remove takes s out of the list if it is still there.
func (sh *shard) remove(s *sleeper) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if s.index >= len(sh.list) || sh.list[s.index] != s {
		return
	}
	last := len(sh.list) - 1
	sh.list[s.index] = sh.list[last]
	sh.list[s.index].index = s.index
	sh.list[last] = nil
	sh.list = sh.list[:last]
	sh.n.Add(-1)
}

// wakeAll wakes those that sleep.
func (l *sleepers) wakeAll() {
	for i := range l.shards {
		if l.shards[i].n.Load() > 0 {
			l.shards[i].wakeAll()
		}
	}
}

func (sh *shard) wakeAll() {
	sh.mu.Lock()
	woken := sh.list
	sh.list, sh.spare = sh.spare, nil
	sh.n.Add(-int64(len(woken)))
	sh.mu.Unlock()
	for _, s := range woken {
		s.wake()
	}
	clear(woken)
	sh.mu.Lock()
	if sh.spare == nil {
		sh.spare = woken[:0]
	}
	sh.mu.Unlock()
}
