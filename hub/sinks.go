package hub

import (
	"context"
	"errors"
	"sync"

	"github.com/wsflow/wsflow/flow"
)

// Sinks are the runs of a hub's sinks. When the hub ends, it stops them all, also those that are waiting for their
// input.
type sinks struct {
	mu      sync.Mutex
	running map[*sinking]struct{}
	ending  *ending
}

// A sinking is one run.
type sinking struct {
	cancel context.CancelCauseFunc
	stop   error // what it is cancelled with: an error of this run alone
}

// runSink hands each value of in to publish, until in or the hub ends.
func runSink[T any](ctx context.Context, k *sinks, in flow.Source[T], publish func(context.Context, T) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s := &sinking{cancel: cancel, stop: errors.New("hub: closed while a stream was being published")}
	if e := k.join(s); e != nil {
		return e.err
	}
	defer k.leave(s)
	var refused *refusal
	err := in.Run(ctx, func(v T) error {
		err := publish(ctx, v)
		if r, ok := err.(*refusal); ok { // the very error of this hub
			refused = r
			return s.stop
		}
		return err
	})
	switch {
	case !errors.Is(err, s.stop):
		return err
	case refused != nil: // before all runs were stopped
		return refused.err
	default:
		return k.ended().err
	}
}

func (k *sinks) join(s *sinking) *ending {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.ending != nil {
		return k.ending
	}
	if k.running == nil {
		k.running = make(map[*sinking]struct{})
	}
	k.running[s] = struct{}{}
	return nil
}

func (k *sinks) leave(s *sinking) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.running, s)
}

func (k *sinks) ended() *ending {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.ending
}

// stop ends all runs, and those that come later, the way the hub ends.
func (k *sinks) stop(e *ending) {
	k.mu.Lock()
	if k.ending == nil {
		k.ending = e
	}
	running := k.running
	k.running = nil
	k.mu.Unlock()
	for s := range running {
		s.cancel(s.stop)
	}
}
