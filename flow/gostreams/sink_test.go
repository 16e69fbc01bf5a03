package gostreams_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reugn/go-streams"
	"github.com/reugn/go-streams/extension"
	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/gostreams"
)

func ExampleSink() {
	stdout := gostreams.Sink[string](func(context.Context) (streams.Sink, error) { return extension.NewStdoutSink(), nil })
	_, err := stdout.Run(context.Background(), flow.Of("Ada", "Grace"))
	fmt.Println(err)
	// Output:
	// Ada
	// Grace
	// <nil>
}

func into(c *collecting, opts ...gostreams.Option) flow.Sink[int, struct{}] {
	return gostreams.Sink[int](func(context.Context) (streams.Sink, error) { return c, nil }, opts...)
}

// The sink as one side of a flow, whose other side gives nothing: the laws about endings are those of the sink.
func TestSinkKeepsTheLaws(t *testing.T) {
	coupled := flow.FromSinkAndSource(gostreams.Sink[int](func(context.Context) (streams.Sink, error) {
		return newCollecting(), nil
	}), flow.Never[int]())
	keepsTheLaws(t, coupled, []int{1, 2, 3}, nil)
}

func TestSinkTakesAllValuesAndIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCollecting()
		_, err := into(c).Run(t.Context(), flow.Of(1, 2, 3))
		require.NoError(t, err)
		require.Equal(t, []any{1, 2, 3}, c.got)
	})
}

func TestSinkIsClosedHoweverTheStreamEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCollecting()
		_, err := into(c).Run(t.Context(), flow.Concat(flow.Of(1), flow.Fail[int](errTest)))
		require.Equal(t, errTest, err)
		require.Equal(t, []any{1}, c.got)

		c = newCollecting()
		require.Panics(t, func() {
			_, _ = into(c).Run(t.Context(), flow.Map(flow.Of(1), func(int) int { panic("oops") }))
		})
		<-c.done

		c = newCollecting()
		ctx, cancel := context.WithCancelCause(t.Context())
		_, err = into(c).Run(ctx, flow.Concat(flow.Map(flow.Of(1), func(v int) int {
			cancel(errTest)
			return v
		}), flow.Never[int]()))
		require.Equal(t, errTest, err)
		<-c.done
	})
}

func TestSinkThatCannotBeBuiltFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := gostreams.Sink[int](func(context.Context) (streams.Sink, error) { return nil, errTest })
		_, err := broken.Run(t.Context(), flow.Of(1))
		require.Equal(t, errTest, err)
	})
}

func TestSinkIsNotBuiltForACancelledRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errTest)
		_, err := gostreams.Sink[int](func(context.Context) (streams.Sink, error) { panic("called") }).Run(ctx, flow.Of(1))
		require.Equal(t, errTest, err)
	})
}

func TestSinkThatWasUsedBeforePanicsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCollecting()
		_, err := into(c).Run(t.Context(), flow.Of(1))
		require.NoError(t, err)
		require.Panics(t, func() { _, _ = into(c).Run(t.Context(), flow.Of(1)) })
	})
}

// Their connectors log what goes wrong, and cancel a context.
func TestFatalErrorOfAConnectorFailsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		errFile := errors.New("cannot write the file")
		file := gostreams.Sink[string](func(ctx context.Context) (streams.Sink, error) {
			return extension.NewFileSink("/nowhere/file", quietly(),
				extension.WithContextCancel(func() { gostreams.Fail(ctx, errFile) })), nil
		})
		_, err := file.Run(t.Context(), flow.Concat(flow.Of("a", "b"), flow.Never[string]()))
		require.Equal(t, errFile, err)
	})
}

func TestFileSinkAndFileSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		name := filepath.Join(t.TempDir(), "file")
		_, err := gostreams.Sink[string](func(context.Context) (streams.Sink, error) { return extension.NewFileSink(name), nil }).
			Run(t.Context(), flow.Of("Ada\n", "Grace\n"))
		require.NoError(t, err)
		content, err := os.ReadFile(name)
		require.NoError(t, err)
		require.Equal(t, "Ada\nGrace\n", string(content))
	})
}

func TestSlowSinkStopsTheStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var given atomic.Int64
		var taken, most int64
		c := &collecting{in: make(chan any), done: make(chan struct{})}
		go func() {
			defer close(c.done)
			for range c.in {
				taken++
				time.Sleep(time.Second)
				most = max(most, given.Load()-taken)
			}
		}()
		_, err := into(c).Run(t.Context(), flow.Map(flow.FromSeq(upTo(100)), func(v int) int {
			given.Add(1)
			return v
		}))
		require.NoError(t, err)
		require.EqualValues(t, 100, taken)
		require.EqualValues(t, 1, most)
	})
}

func TestSinkThatIsNotDoneIsLeftBehindOnlyByName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &collecting{in: make(chan any, 10), done: make(chan struct{})} // nobody is at work in it
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, errTest)
		defer cancel()
		began := time.Now()
		_, err := into(c, gostreams.LeakAfter(time.Second)).Run(ctx, flow.Of(1, 2, 3))
		require.Equal(t, errTest, err)
		require.Equal(t, time.Minute+time.Second, time.Since(began))
		close(c.done)
	})
}

func TestSinkThatIsNotDoneIsLeftBehindWhenTheStreamHasFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &collecting{in: make(chan any, 10), done: make(chan struct{})}
		began := time.Now()
		_, err := into(c, gostreams.LeakAfter(time.Second)).Run(t.Context(), flow.Concat(flow.Of(1), flow.Fail[int](errTest)))
		require.Equal(t, errTest, err)
		require.Equal(t, time.Second, time.Since(began))
		close(c.done)
	})
}
