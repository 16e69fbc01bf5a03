package wire

import "time"

// A deadline is a time after which an operation fails. Its zero value never passes.
// Whether it has passed is a question to the clock; its timer serves only to wake
// those who wait. It is guarded by its connection's lock.
type deadline struct {
	at    time.Time
	timer *time.Timer
}

// passed reports whether the deadline is reached.
func (d *deadline) passed() bool {
	return !d.at.IsZero() && !time.Now().Before(d.at)
}

// set moves the deadline to t, or removes it if t is zero. From then on wake is
// called, on a goroutine of its own, whenever a deadline may have passed. It is not
// called for one that had already passed when it was set.
func (d *deadline) set(t time.Time, wake func()) {
	if d.timer != nil {
		d.timer.Stop()
	}
	if t.IsZero() {
		d.at = t
		return
	}
	// The time is kept relative to the monotonic clock, which the timer follows:
	// so the deadline has passed when the timer fires, also if the wall clock was
	// moved in between.
	now := time.Now()
	wait := t.Sub(now)
	d.at = now.Add(wait)
	switch {
	case wait <= 0:
	case d.timer == nil:
		d.timer = time.AfterFunc(wait, wake)
	default:
		d.timer.Reset(wait)
	}
}
