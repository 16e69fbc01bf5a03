package gostreams_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/reugn/go-streams"
	"github.com/reugn/go-streams/extension"
	gsflow "github.com/reugn/go-streams/flow"
	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/gostreams"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// What docs/guide/coming-from.md shows.

// words is a chain of go-streams as a flow of ours: it is built anew for each run.
var words = gostreams.Flow[string, string](func(_ context.Context, in streams.Source) streams.Flow {
	return in.
		Via(gsflow.NewFlatMap(strings.Fields, 1)).
		Via(gsflow.NewMap(strings.ToUpper, 1))
})

// fileLines is a connector of go-streams as a source of ours. What it waits for is given ctx, which is cancelled with the run.
func fileLines(path string) flow.Source[string] {
	return gostreams.Source[string](func(ctx context.Context) (streams.Source, error) {
		return extension.NewFileSource(path, extension.WithContext(ctx)), nil
	})
}

// toFile is a connector of go-streams as a sink of ours. Where it gives up, the stream fails.
func toFile(path string) flow.Sink[string, struct{}] {
	return gostreams.Sink[string](func(ctx context.Context) (streams.Sink, error) {
		return extension.NewFileSink(path, extension.WithContextCancel(func() {
			gostreams.Fail(ctx, errors.New("the file sink has given up"))
		})), nil
	})
}

func TestWordsOfAFile(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "in"), []byte("a b\nc\n"), 0o600))
	_, err := toFile(filepath.Join(dir, "out")).Run(t.Context(), words(fileLines(filepath.Join(dir, "in"))))
	require.NoError(t, err)
	out, err := os.ReadFile(filepath.Join(dir, "out"))
	require.NoError(t, err)
	require.Equal(t, "ABC", string(out))
}

// A client of a broker, as many are.
type client interface {
	Subscribe(subject string) (messages <-chan []byte, unsubscribe func(), err error)
	Publish(subject string, data []byte) error
}

// bridge is the handler of one connection: what it says is published on a subject, and it hears what is published there.
func bridge(c client, subject string) upgrade.Handler {
	say := flow.ForEach(func(_ context.Context, s string) error { return c.Publish(subject, []byte(s)) })
	hear := gostreams.Source[string](func(ctx context.Context) (streams.Source, error) {
		messages, unsubscribe, err := c.Subscribe(subject)
		if err != nil {
			return nil, err
		}
		context.AfterFunc(ctx, unsubscribe) // closes messages, and so the source
		out := make(chan any)
		go func() {
			defer close(out)
			for m := range messages {
				out <- m
			}
		}()
		return extension.NewChanSource(out).Via(gsflow.NewMap(func(m []byte) string { return string(m) }, 1)), nil
	})
	return message.TextOnly(flow.FromSinkAndSource(say, hear))
}

// memory is a broker in one process.
type memory struct {
	mu          sync.Mutex
	subscribers map[chan []byte]string
}

func (b *memory) Subscribe(subject string) (<-chan []byte, func(), error) {
	c := make(chan []byte, 16)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.subscribers[c] = subject
	return c, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.subscribers, c)
		close(c)
	}, nil
}

func (b *memory) Publish(subject string, data []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for c, of := range b.subscribers {
		if of == subject {
			c <- data
		}
	}
	return nil
}

func TestBridgeOfTheGuide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &memory{subscribers: make(map[chan []byte]string)}
		var ws upgrade.Upgrader
		server := wstest.NewServer(t, ws.Handler(bridge(b, "blue")))
		ada, bob := server.Probe("/"), server.Probe("/")
		synctest.Wait()
		ada.SendText("hello")
		ada.ExpectText("hello")
		bob.ExpectText("hello")
		bob.SendCompletion()
		bob.ExpectCompletion()
		synctest.Wait()
		require.Len(t, b.subscribers, 1)
	})
}
