package flow

import (
	"sync"
	"time"
)

// An alarm is a timer that can be stopped for good: it calls ring on a goroutine, which lives no longer than
// that call. Setting it for each value would cost more than all the rest, so those who use it let it ring too
// early, look at what has happened since, and set it again for the rest.
type alarm struct {
	ring func()

	mu      sync.Mutex
	timer   *time.Timer
	stopped bool
	calls   sync.WaitGroup // of ring: those to come and those at work
}

// set makes the alarm ring once d has passed, and not at the time that it was set to before. ring may call it.
func (a *alarm) set(d time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stopped {
		return
	}
	a.calls.Add(1)
	if a.timer == nil {
		a.timer = time.AfterFunc(d, a.call)
	} else if a.timer.Reset(d) {
		a.calls.Done() // the call that was to come comes later instead
	}
}

func (a *alarm) call() {
	defer a.calls.Done()
	a.ring()
}

// stop returns when ring is not at work and will not be called again.
func (a *alarm) stop() {
	a.mu.Lock()
	a.stopped = true
	if a.timer != nil && a.timer.Stop() {
		a.calls.Done()
	}
	a.mu.Unlock()
	a.calls.Wait()
}
