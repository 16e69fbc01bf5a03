package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/reugn/go-streams"
	"github.com/reugn/go-streams/extension"
	gsflow "github.com/reugn/go-streams/flow"
	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/gostreams"
)

// The connectors that go-streams has itself read and write anything that is an io.Reader or io.Writer. The protocol of
// NATS is text, so they can talk to a broker on their own.

func dial(ctx context.Context, broker *server.Server) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", broker.Addr().String())
	if err != nil {
		return nil, err
	}
	_, err = io.WriteString(conn, `CONNECT {"verbose":false}`+"\r\n")
	return conn, err
}

// readFrom is the source of what is published on a subject. ready is closed when the broker knows of it.
func readFrom(broker *server.Server, subject string, ready chan struct{}) flow.Source[string] {
	return gostreams.Source[string](func(ctx context.Context) (streams.Source, error) {
		conn, err := dial(ctx, broker)
		if err != nil {
			return nil, err
		}
		context.AfterFunc(ctx, func() { _ = conn.Close() }) // a ReaderSource that waits does not look at ctx
		if _, err := fmt.Fprintf(conn, "SUB %s 1\r\nPING\r\n", subject); err != nil {
			return nil, err
		}
		lines := bufio.NewReader(conn)
		source, err := extension.NewReaderSource(conn, func(io.Reader) ([]byte, error) { return nextPayload(lines, ready) },
			extension.WithContext(ctx), quietly())
		if err != nil {
			return nil, err
		}
		return source.Via(gsflow.NewMap(func(b []byte) string { return string(b) }, 1)), nil
	})
}

// nextPayload reads up to the next MSG, and its payload.
func nextPayload(lines *bufio.Reader, ready chan struct{}) ([]byte, error) {
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return nil, err
		}
		if strings.HasPrefix(line, "PONG") {
			close(ready)
		}
		if !strings.HasPrefix(line, "MSG ") {
			continue
		}
		var subject string
		var id, size int
		if _, err := fmt.Sscanf(line, "MSG %s %d %d", &subject, &id, &size); err != nil {
			return nil, err
		}
		payload := make([]byte, size+len("\r\n"))
		if _, err := io.ReadFull(lines, payload); err != nil {
			return nil, err
		}
		return payload[:size], nil
	}
}

// writeTo is the sink that publishes on a subject.
func writeTo(broker *server.Server, subject string) (flow.Sink[string, struct{}], flow.Flow[string, string]) {
	sink := gostreams.Sink[string](func(ctx context.Context) (streams.Sink, error) {
		conn, err := dial(ctx, broker)
		if err != nil {
			return nil, err
		}
		return extension.NewWriterSink(inFull{conn}, extension.WithContextCancel(func() { gostreams.Fail(ctx, net.ErrClosed) }), quietly())
	})
	frame := gostreams.Flow[string, string](func(_ context.Context, in streams.Source) streams.Flow {
		return in.Via(gsflow.NewMap(func(s string) string {
			return fmt.Sprintf("PUB %s %d\r\n%s\r\n", subject, len(s), s)
		}, 1))
	})
	return sink, frame
}

// An inFull is a connection that is closed when the server has read everything. To close one while something of the
// server's is unread would reset it.
type inFull struct{ net.Conn }

func (c inFull) Close() error {
	if err := c.Conn.(*net.TCPConn).CloseWrite(); err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, c.Conn)
	return c.Conn.Close()
}

func TestConnectorsOfGoStreamsTalkToARealServer(t *testing.T) {
	broker, err := startBroker()
	require.NoError(t, err)
	t.Cleanup(broker.Shutdown)
	const n = 10_000
	numbers := flow.Map(flow.FromSeq(upTo(n)), func(v int) string { return fmt.Sprint(v) })

	ready := make(chan struct{})
	received := make(chan []string, 1)
	failed := make(chan error, 1)
	go func() {
		got, err := flow.Collect(t.Context(), flow.Take(readFrom(broker, "numbers", ready), n))
		received <- got
		failed <- err
	}()
	<-ready
	sink, frame := writeTo(broker, "numbers")
	_, err = sink.Run(t.Context(), frame(numbers))
	require.NoError(t, err)
	want, err := flow.Collect(t.Context(), numbers)
	require.NoError(t, err)
	require.Equal(t, want, <-received)
	require.NoError(t, <-failed)
	require.Eventually(t, func() bool { return broker.NumClients() == 0 }, waitFor, tick, "both connections have ended")
}

func TestCancelledConnectorOfGoStreamsLeavesTheServer(t *testing.T) {
	broker, err := startBroker()
	require.NoError(t, err)
	t.Cleanup(broker.Shutdown)
	ready := make(chan struct{})
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		<-ready
		cancel(net.ErrClosed)
	}()
	_, err = flow.Collect(ctx, readFrom(broker, "silence", ready))
	require.Equal(t, net.ErrClosed, err)
	require.Eventually(t, func() bool { return broker.NumClients() == 0 }, waitFor, tick)
}

func TestServerThatGoesAwayEndsTheRunsOfItsConnectors(t *testing.T) {
	broker, err := startBroker()
	require.NoError(t, err)
	ready := make(chan struct{})
	go func() {
		<-ready
		broker.Shutdown()
	}()
	_, err = flow.Collect(t.Context(), readFrom(broker, "silence", ready))
	require.NoError(t, err, "go-streams has no way to say that a source has failed")
}

// quietly keeps what the connectors have to say, also about connections that are closed twice, out of the test's output.
func quietly() extension.Opt { return extension.WithLogger(slog.New(slog.DiscardHandler)) }

func upTo(n int) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}
