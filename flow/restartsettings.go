package flow

import (
	"context"
	"math"
	"math/rand/v2"
	"time"
)

// RestartSettings say when [RestartSource], [RestartFlow], [RestartSink] and [Retry] try again, and how long they wait before.
// The zero RestartSettings are sensible: after 1 s, then 2, 4, 8 and so on up to 30, each up to a fifth longer, for as
// long as it takes.
//
// The wait before restart n, counted from 0, is MinBackoff * 2^n, but no longer than MaxBackoff, and then is made longer by a
// random part of it, so that those who lost the same server do not all come back at once.
type RestartSettings struct {
	MinBackoff time.Duration // 0: 1 s
	MaxBackoff time.Duration // 0: 30 s, or MinBackoff if that is more

	// RandomFactor is how much longer a wait may be made: 0.5 is up to half as long again. 0 is 0.2, and less is not at all.
	RandomFactor float64

	// MaxRestarts is how many restarts there are at most, one after the other. When they are used up, the stream ends as the
	// last run did. 0 is without limit.
	MaxRestarts int

	// Within is how long a run has to last to be a success: the waits, and the count of restarts, then begin anew.
	// 0 is MinBackoff.
	Within time.Duration

	// RestartOn says which errors are worth a restart. nil: every one.
	RestartOn func(error) bool

	// OnFailuresOnly says that what is complete is not restarted.
	OnFailuresOnly bool

	// Rand returns numbers from 0 up to but not including 1, and is called from any goroutine. nil: those of math/rand/v2.
	Rand func() float64
}

const (
	defaultMinBackoff   = time.Second
	defaultMaxBackoff   = 30 * time.Second
	defaultRandomFactor = 0.2
)

// resolved returns s with its defaults, for the operator with this name.
func (s RestartSettings) resolved(name string) RestartSettings {
	if s.MinBackoff < 0 || s.MaxBackoff < 0 || s.Within < 0 || s.MaxRestarts < 0 {
		panic("flow: " + name + " with negative RestartSettings")
	}
	if s.MinBackoff == 0 {
		s.MinBackoff = defaultMinBackoff
		if s.MaxBackoff > 0 {
			s.MinBackoff = min(s.MinBackoff, s.MaxBackoff)
		}
	}
	if s.MaxBackoff == 0 {
		s.MaxBackoff = max(defaultMaxBackoff, s.MinBackoff)
	}
	if s.MaxBackoff < s.MinBackoff {
		panic("flow: " + name + " with a MaxBackoff of less than MinBackoff")
	}
	if s.RandomFactor == 0 {
		s.RandomFactor = defaultRandomFactor
	}
	if s.Within == 0 {
		s.Within = s.MinBackoff
	}
	if s.Rand == nil {
		s.Rand = rand.Float64
	}
	return s
}

// A backoff counts the restarts of one run.
type backoff struct {
	RestartSettings
	restarts int
	began    time.Time
}

// begin is called when something is started.
func (b *backoff) begin() {
	b.began = time.Now()
}

// again says how long to wait before the next start, after what was started last has ended with err. If it
// reports false, there is none.
func (b *backoff) again(err error) (wait time.Duration, ok bool) {
	if time.Since(b.began) >= b.Within {
		b.restarts = 0
	}
	return b.next(err)
}

// next is again without asking how long it has lasted.
func (b *backoff) next(err error) (wait time.Duration, ok bool) {
	switch {
	case err == nil && b.OnFailuresOnly:
		return 0, false
	case err != nil && b.RestartOn != nil && !b.RestartOn(err):
		return 0, false
	case b.MaxRestarts > 0 && b.restarts >= b.MaxRestarts:
		return 0, false
	}
	wait = b.MinBackoff
	for i := 0; i < b.restarts && wait < b.MaxBackoff; i++ {
		wait = min(wait, math.MaxInt64/2) * 2
	}
	wait = min(wait, b.MaxBackoff)
	b.restarts++
	if b.RandomFactor < 0 {
		return wait, true
	}
	longer := float64(wait) * (1 + b.Rand()*b.RandomFactor)
	if !(longer > float64(wait)) { // also what is no number
		return wait, true
	}
	return time.Duration(min(longer, math.MaxInt64/2)), true
}

// pause waits. It reports false if ctx was done before.
func pause(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
