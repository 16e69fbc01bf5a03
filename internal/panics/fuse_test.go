package panics

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"sync"
	"time"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
)

type (
	source  = flow.Source[message.Message]
	handler = flow.Flow[message.Message, message.Message]
)

// secret is what no peer may see.
const secret = "the secret of the server"

var errSecret = errors.New(secret)

// A blast is what a fuse does when it blows.
type blast string

const (
	byPanic  blast = "panic"
	byError  blast = "panic with an error"
	byNil    blast = "panic with nil"
	byGoexit blast = "Goexit"
	byReturn blast = "error" // returned, where a function may
)

// A fuse is in all functions of a user's in one handler. It blows once, at one place, the nth time that it is called there.
type fuse struct {
	place string
	nth   int
	blast blast

	mu      sync.Mutex
	calls   map[string]int
	returns map[string]bool // places where the function may return an error
	blown   bool
}

func newFuse(place string, nth int, how blast) *fuse {
	return &fuse{place: place, nth: nth, blast: how, calls: map[string]int{}, returns: map[string]bool{}}
}

func (f *fuse) due(place string, returns bool) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls[place]++
	f.returns[place] = f.returns[place] || returns
	if place != f.place || f.calls[place] != f.nth || f.blast == byReturn && !returns {
		return false
	}
	f.blown = true
	return true
}

// burn is called by a function at a place that returns no error.
func (f *fuse) burn(place string) {
	if f.due(place, false) {
		_ = f.blow()
	}
}

// try is called by a function that may return one.
func (f *fuse) try(place string) error {
	if f.due(place, true) {
		return f.blow()
	}
	return nil
}

func (f *fuse) blow() error {
	switch f.blast {
	case byPanic:
		panic(secret)
	case byError:
		panic(errSecret)
	case byNil:
		panic(nil)
	case byGoexit:
		runtime.Goexit()
	case byReturn:
	}
	return fmt.Errorf("at %s: %w", f.place, errSecret)
}

// hasBlown reports whether it has.
func (f *fuse) hasBlown() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.blown
}

// source has a few values, some milliseconds apart, and may blow before each and at its end.
func (f *fuse) source(place string, n int) source {
	return flow.FromFunc(func(ctx context.Context, emit func(message.Message) error) error {
		for i := range n {
			if err := sleep(ctx, 7*time.Millisecond); err != nil {
				return err
			}
			if err := f.try(place); err != nil {
				return err
			}
			if err := emit(message.Text(fmt.Sprint(i))); err != nil {
				return err
			}
		}
		return f.try(place)
	})
}

// flow may blow where it is applied, or at each value.
func (f *fuse) flow(place string) handler {
	return func(in source) source {
		return flow.TryMap(in, func(_ context.Context, m message.Message) (message.Message, error) { return m, f.try(place) })
	}
}

func (f *fuse) sink(place string) flow.Sink[message.Message, struct{}] {
	return flow.ForEach(func(context.Context, message.Message) error { return f.try(place) })
}

func (f *fuse) seq(place string, values ...message.Message) iter.Seq[message.Message] {
	return func(yield func(message.Message) bool) {
		for _, v := range values {
			f.burn(place)
			if !yield(v) {
				return
			}
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
