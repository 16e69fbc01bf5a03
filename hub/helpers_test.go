package hub_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
	"github.com/wsflow/wsflow/hub"
)

var errTest = errors.New("it broke")

// sourceKeepsTheLaws checks a source in real time and in a bubble.
func sourceKeepsTheLaws[T any](t *testing.T, make func() flow.Source[T], want []T, opts ...flowtest.Option) {
	t.Helper()
	t.Run("in real time", func(t *testing.T) {
		require.NoError(t, flowtest.TestSource(make, want, opts...))
	})
	t.Run("in a bubble", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			require.NoError(t, flowtest.TestSource(make, want, opts...))
		})
	})
}

// A puppet runs a source, one value at a time: it keeps each until the test lets go of it. It is for use in a bubble.
type puppet[T any] struct {
	cancel context.CancelCauseFunc
	permit chan error

	mu    sync.Mutex
	got   []T
	busy  bool // it has a value
	ended bool
	err   error
}

func run[T any](t testing.TB, s flow.Source[T]) *puppet[T] {
	t.Helper()
	p := start(s)
	t.Cleanup(func() { p.cancel(context.Canceled) })
	synctest.Wait()
	return p
}

func start[T any](s flow.Source[T]) *puppet[T] {
	ctx, cancel := context.WithCancelCause(context.Background())
	p := &puppet[T]{cancel: cancel, permit: make(chan error)}
	go func() {
		err := s.Run(ctx, func(v T) error {
			p.mu.Lock()
			p.got, p.busy = append(p.got, v), true
			p.mu.Unlock()
			defer func() {
				p.mu.Lock()
				defer p.mu.Unlock()
				p.busy = false
			}()
			select {
			case err := <-p.permit:
				return err
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		})
		p.mu.Lock()
		defer p.mu.Unlock()
		p.ended, p.err = true, err
	}()
	return p
}

// release lets go of the value, and waits for what comes of it.
func (p *puppet[T]) release() {
	p.permit <- nil
	synctest.Wait()
}

// values lets go of values until none comes any more, and returns all that came.
func (p *puppet[T]) values() []T {
	synctest.Wait()
	for {
		p.mu.Lock()
		busy, got := p.busy, p.got
		p.mu.Unlock()
		if !busy {
			return got
		}
		p.release()
	}
}

// end returns what the run has ended with.
func (p *puppet[T]) end(t testing.TB) error {
	t.Helper()
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	require.True(t, p.ended, "still running")
	return p.err
}

func (p *puppet[T]) isRunning() bool {
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.ended
}

// later calls f on a goroutine of its own; the result is there when it has returned.
func later[R any](f func() R) <-chan R {
	result := make(chan R, 1)
	go func() { result <- f() }()
	synctest.Wait()
	return result
}

func isWaiting[R any](result <-chan R) bool {
	synctest.Wait()
	return len(result) == 0
}

func publish[T any](t testing.TB, topic *hub.Topic[T], values ...T) {
	t.Helper()
	for _, v := range values {
		_, err := topic.Publish(t.Context(), v)
		require.NoError(t, err)
		synctest.Wait()
	}
}

func valuesOf[T any](items []hub.Item[T]) []T {
	values, _ := flow.Collect(context.Background(), hub.Values(flow.Of(items...)))
	return values
}
