package gostreams_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/reugn/go-streams"
	gsflow "github.com/reugn/go-streams/flow"
	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
	"github.com/wsflow/wsflow/flow/gostreams"
)

var errTest = errors.New("it broke")

type ints = flow.Source[int]

// A builder builds a chain of go-streams.
type builder = func(ctx context.Context, in streams.Source) streams.Flow

// keepsTheLaws checks a flow in real time and in a bubble, where a goroutine that is left behind is a deadlock.
func keepsTheLaws[I, O any](t *testing.T, f flow.Flow[I, O], in []I, want []O, opts ...flowtest.Option) {
	t.Helper()
	t.Run("in real time", func(t *testing.T) {
		require.NoError(t, flowtest.TestFlow(f, in, want, opts...))
	})
	t.Run("in a bubble", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			require.NoError(t, flowtest.TestFlow(f, in, want, opts...))
		})
	})
}

func exit() { runtime.Goexit() }

func tenfold(v int) int { return 10 * v }

func odd(v int) bool { return v%2 == 1 }

func mapped(_ context.Context, in streams.Source) streams.Flow {
	return in.Via(gsflow.NewMap(tenfold, 1))
}

// through is a chain as a flow from ints to ints.
func through(build builder, opts ...gostreams.Option) flow.Flow[int, int] {
	return gostreams.Flow[int, int](build, opts...)
}

func same(in ints) ints { return in }

// upTo returns a sequence of 0 to n-1.
func upTo(n int) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

// giving is a source of go-streams with the values, which stops when ctx is done.
func giving(ctx context.Context, values ...any) streams.Source {
	out := make(chan any)
	go func() {
		defer close(out)
		for _, v := range values {
			select {
			case out <- v:
			case <-ctx.Done():
				return
			}
		}
	}()
	return outlet{out}
}

// counting is a source of go-streams with all numbers, until ctx is done.
func counting(ctx context.Context) streams.Source {
	out := make(chan any)
	go func() {
		defer close(out)
		for n := 0; ; n++ {
			select {
			case out <- n:
			case <-ctx.Done():
				return
			}
		}
	}()
	return outlet{out}
}

// An outlet is a source of go-streams that somebody else wrote.
type outlet struct{ out chan any }

func (o outlet) Out() <-chan any { return o.out }

func (o outlet) Via(next streams.Flow) streams.Flow {
	gsflow.DoStream(o, next)
	return next
}

// A collecting is a sink of go-streams that somebody else wrote: it keeps what it gets.
type collecting struct {
	in   chan any
	done chan struct{}
	got  []any
}

func newCollecting() *collecting {
	c := &collecting{in: make(chan any), done: make(chan struct{})}
	go func() {
		defer close(c.done)
		for v := range c.in {
			c.got = append(c.got, v)
		}
	}()
	return c
}

func (c *collecting) In() chan<- any   { return c.in }
func (c *collecting) AwaitCompletion() { <-c.done }
