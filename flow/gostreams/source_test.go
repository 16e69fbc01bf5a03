package gostreams_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reugn/go-streams"
	"github.com/reugn/go-streams/extension"
	gsflow "github.com/reugn/go-streams/flow"
	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
	"github.com/wsflow/wsflow/flow/gostreams"
)

func ExampleSource() {
	dir, _ := os.MkdirTemp("", "example")
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, "names")
	_ = os.WriteFile(name, []byte("Ada\nGrace\n"), 0o600)

	names := gostreams.Source[string](func(ctx context.Context) (streams.Source, error) {
		return extension.NewFileSource(name, extension.WithContext(ctx)), nil
	})
	fmt.Println(flow.Collect(context.Background(), names))
	// Output: [Ada Grace] <nil>
}

func TestSourceKeepsTheLaws(t *testing.T) {
	test := func(t *testing.T) {
		require.NoError(t, flowtest.TestSource(func() ints {
			return gostreams.Source[int](func(ctx context.Context) (streams.Source, error) { return giving(ctx, 1, 2, 3), nil })
		}, []int{1, 2, 3}))
		require.NoError(t, flowtest.TestSource(func() ints {
			return gostreams.Source[int](func(ctx context.Context) (streams.Source, error) {
				return giving(ctx, 1, 2, 3).Via(gsflow.NewMap(tenfold, 1)), nil
			})
		}, []int{10, 20, 30}))
		require.NoError(t, flowtest.TestSource(func() ints {
			return gostreams.Source[int](func(ctx context.Context) (streams.Source, error) {
				return gostreams.AsSource(ctx, flow.Of(1, 2, 3)), nil
			})
		}, []int{1, 2, 3}))
		require.NoError(t, flowtest.TestSource(func() ints {
			return gostreams.FromSource[int](giving(context.Background(), 1, 2, 3))
		}, []int{1, 2, 3}, flowtest.OneShot()))
	}
	t.Run("in real time", test)
	t.Run("in a bubble", func(t *testing.T) { synctest.Test(t, test) })
}

// In real time only: the time of a bubble stands still while a source counts.
func TestEndlessSourceKeepsTheLaws(t *testing.T) {
	require.NoError(t, flowtest.TestSource(func() ints {
		return gostreams.Source[int](func(ctx context.Context) (streams.Source, error) { return counting(ctx), nil })
	}, []int{0, 1, 2}, flowtest.Endless()))
}

func TestSourceThatCannotBeBuiltFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, err := flow.Collect(t.Context(), gostreams.Source[int](func(context.Context) (streams.Source, error) { return nil, errTest }))
		require.Equal(t, errTest, err)
	})
}

func TestSourceThatPanicsWhenBuiltPanicsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		panics := gostreams.Source[int](func(context.Context) (streams.Source, error) { panic("oops") })
		require.Panics(t, func() { _, _ = flow.Collect(t.Context(), panics) })
		nothing := gostreams.Source[int](func(context.Context) (streams.Source, error) { return nil, nil })
		require.Panics(t, func() { _, _ = flow.Collect(t.Context(), nothing) })
	})
}

func TestSourceIsNotBuiltForACancelledRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errTest)
		_, err := flow.Collect(ctx, gostreams.Source[int](func(context.Context) (streams.Source, error) { panic("called") }))
		require.Equal(t, errTest, err)
	})
}

func TestOneShotSourceOfACancelledRunIsDrained(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errTest)
		src := giving(t.Context(), 1, 2, 3)
		_, err := flow.Collect(ctx, gostreams.FromSource[int](src))
		require.Equal(t, errTest, err)
		_, open := <-src.Out()
		require.False(t, open)
	})
}

func TestFailOfAConnectorFailsTheStreamAfterItsValues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := gostreams.Source[int](func(ctx context.Context) (streams.Source, error) {
			out := make(chan any)
			go func() {
				defer close(out)
				out <- 1
				gostreams.Fail(ctx, errTest)
			}()
			return outlet{out}, nil
		})
		got, err := flow.Collect(t.Context(), broken)
		require.Equal(t, errTest, err)
		require.Equal(t, []int{1}, got)
	})
}

// A ReaderSource looks at its context between two reads only.
func TestConnectorThatWaitsIsWokenByClosingWhatItReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		read := gostreams.Source[[]byte](func(ctx context.Context) (streams.Source, error) {
			r, w := io.Pipe()
			context.AfterFunc(ctx, func() { w.CloseWithError(context.Cause(ctx)) })
			go func() { _, _ = w.Write([]byte("a")) }() // and then nothing
			return extension.NewReaderSource(r, oneByte, extension.WithContext(ctx), quietly())
		})
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Hour, func() { cancel(errTest) })
		got, err := flow.Collect(ctx, read)
		require.Equal(t, errTest, err)
		require.Equal(t, [][]byte{[]byte("a")}, got)
	})
}

func oneByte(r io.Reader) ([]byte, error) {
	b := make([]byte, 1)
	_, err := io.ReadFull(r, b)
	return b, err
}

func quietly() extension.Opt { return extension.WithLogger(slog.New(slog.DiscardHandler)) }

func TestSourceThatDoesNotEndIsLeftBehindOnlyByName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := make(chan any)
		silent := gostreams.Source[int](func(context.Context) (streams.Source, error) { return outlet{out}, nil },
			gostreams.LeakAfter(time.Second))
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, errTest)
		defer cancel()
		began := time.Now()
		_, err := flow.Collect(ctx, silent)
		require.Equal(t, errTest, err)
		require.Equal(t, time.Minute+time.Second, time.Since(began))
		close(out)
	})
}

func TestSlowConsumerStopsASource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var given atomic.Int64
		out := make(chan any)
		go func() {
			defer close(out)
			for range 100 {
				out <- int(given.Add(1))
			}
		}()
		var taken, most int64
		err := gostreams.FromSource[int](outlet{out}).Run(t.Context(), func(int) error {
			taken++
			time.Sleep(time.Second) // everything else has come to rest
			most = max(most, given.Load()-taken)
			return nil
		})
		require.NoError(t, err)
		require.EqualValues(t, 2, most)
	})
}

func TestStoppedSourceEndsWithExactlyTheErrorOfEmit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := errors.New("stop")
		src := gostreams.Source[int](func(ctx context.Context) (streams.Source, error) {
			context.AfterFunc(ctx, func() {
				if !errors.Is(context.Cause(ctx), stop) {
					panic("the context ends with another cause")
				}
			})
			return counting(ctx), nil
		})
		require.Equal(t, stop, src.Run(t.Context(), func(int) error { return stop }))
	})
}
