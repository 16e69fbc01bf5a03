package hub

import (
	"context"
	"slices"
	"sync"
)

// A line is where goroutines wait for room, in the order in which they came. It is guarded by the lock of what it
// belongs to.
type line struct {
	waiting []chan struct{}
}

func (l *line) isEmpty() bool { return len(l.waiting) == 0 }

// await waits, with mu unlocked, until try reports true to whoever is first in line. mu is locked when it is called
// and when it returns. It returns the cause if ctx is done before.
func (l *line) await(ctx context.Context, mu *sync.Mutex, try func() bool) error {
	if l.isEmpty() && try() {
		return nil
	}
	ready := make(chan struct{}, 1)
	l.waiting = append(l.waiting, ready)
	for {
		mu.Unlock()
		var err error
		select {
		case <-ready:
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
		mu.Lock()
		if err == nil && !(l.waiting[0] == ready && try()) {
			continue
		}
		l.leave(ready)
		return err
	}
}

func (l *line) leave(ready chan struct{}) {
	if l.waiting[0] != ready {
		i := slices.Index(l.waiting, ready)
		l.waiting = slices.Delete(l.waiting, i, i+1)
		return
	}
	l.waiting[0] = nil
	l.waiting = l.waiting[1:]
	l.wake() // there may be room for more
}

// wake lets the first in line try again.
func (l *line) wake() {
	if l.isEmpty() {
		return
	}
	select {
	case l.waiting[0] <- struct{}{}:
	default:
	}
}
