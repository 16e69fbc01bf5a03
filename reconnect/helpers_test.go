package reconnect_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/reconnect"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

type (
	messages = flow.Source[message.Message]
	handler  = upgrade.Handler
)

var errTest = errors.New("it broke")

// An address is what clients dial: the server behind it comes, goes, and is replaced by another.
type address struct {
	mu     sync.Mutex
	server *wstest.Server // nil: nobody listens
	dialed []time.Time
	conns  []net.Conn
}

func (a *address) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	a.mu.Lock()
	a.dialed = append(a.dialed, time.Now())
	server := a.server
	a.mu.Unlock()
	if server == nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
	}
	nc, err := server.Dialer().DialContext(ctx, network, addr)
	if err == nil {
		a.mu.Lock()
		a.conns = append(a.conns, nc)
		a.mu.Unlock()
	}
	return nc, err
}

// becomes puts a server behind the address.
func (a *address) becomes(s *wstest.Server) *address {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.server = s
	return a
}

// cut breaks all connections, as a network does.
func (a *address) cut() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, nc := range a.conns {
		_ = nc.Close()
	}
	a.conns = nil
}

// attempts returns how many there were.
func (a *address) attempts() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.dialed)
}

// times returns when the attempts were, since a time.
func (a *address) times(since time.Time) (all []time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, at := range a.dialed {
		all = append(all, at.Sub(since))
	}
	return all
}

// client returns a Client that waits the same second each time, unless the test says otherwise.
func (a *address) client() reconnect.Client {
	return reconnect.Client{
		URL: "ws://server/", Dialer: &upgrade.Dialer{DialContext: a.DialContext},
		Backoff: reconnect.Backoff{Base: 2 * time.Second, Max: 2 * time.Second, Rand: func() float64 { return 0.5 }},
	}
}

// newAddress returns the address of a server with a handler for all.
func newAddress(t *testing.T, h http.Handler) *address {
	return new(address).becomes(wstest.NewServer(t, h))
}

func echo(in messages) messages { return in }

func texts(all ...string) messages {
	return flow.Map(flow.Of(all...), message.Text)
}

// then goes on for ever after in.
func then(in messages) messages { return flow.Concat(in, flow.Never[message.Message]()) }

// endAfter ends, after a time, without a message.
func endAfter(d time.Duration, err error) messages {
	return flow.FromFunc(func(ctx context.Context, _ func(message.Message) error) error {
		select {
		case <-time.After(d):
			return err
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
}

// numbers are messages from a number to another.
func numbers(from, to int) (all []string) {
	for n := from; n <= to; n++ {
		all = append(all, strconv.Itoa(n))
	}
	return all
}

func contents(all []message.Message) (texts []string) {
	for _, m := range all {
		texts = append(texts, m.Text())
	}
	return texts
}

// A listener is what follows a flow, and keeps what comes.
type listener struct {
	t      testing.TB
	cancel context.CancelCauseFunc
	ended  chan error
	mu     sync.Mutex
	got    []string
}

func listen(t testing.TB, out messages) *listener {
	ctx, cancel := context.WithCancelCause(context.Background())
	l := &listener{t: t, cancel: cancel, ended: make(chan error, 1)}
	go func() {
		l.ended <- out.Run(ctx, func(m message.Message) error {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.got = append(l.got, m.Text())
			return nil
		})
	}()
	t.Cleanup(func() { cancel(context.Canceled) })
	return l
}

func (l *listener) heard() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.got...)
}

// leave cancels the run and waits for its end.
func (l *listener) leave() {
	l.t.Helper()
	l.cancel(errTest)
	require.Equal(l.t, errTest, l.end())
}

func (l *listener) end() error {
	l.t.Helper()
	select {
	case err := <-l.ended:
		return err
	case <-time.After(24 * time.Hour):
		require.Fail(l.t, "still running")
		return nil
	}
}

// quiet is for what is to fail.
var quiet = slog.New(slog.DiscardHandler)
