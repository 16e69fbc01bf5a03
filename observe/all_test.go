package observe_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/observe"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

type source = flow.Source[message.Message]

func echo(in source) source { return in }

// failing is a handler of which f decides what a message leads to.
func failing(f func() error) upgrade.Handler {
	return func(in source) source {
		return flow.TryMap(in, func(_ context.Context, m message.Message) (message.Message, error) { return m, f() })
	}
}

func panics() error { panic("boom") }

func with(o upgrade.Observer, logger *slog.Logger) *upgrade.Upgrader {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	return &upgrade.Upgrader{Settings: upgrade.Settings{Observer: o, Logger: logger, PingInterval: -1}}
}

// talk sends a message to a handler and closes, unless the handler does.
func talk(t *testing.T, u *upgrade.Upgrader, h upgrade.Handler, target string) {
	t.Helper()
	probe := wstest.NewWSProbe(t)
	wstest.WS(target, probe.Flow()).Run(u.Handler(h)).Check(func(*wstest.Response) {
		probe.SendText("abc")
		if m := probe.ExpectMessageFunc(func(message.Message) bool { return true }); m.Text() != "abc" {
			t.Errorf("%v is no echo", m)
		}
		probe.SendCompletion()
		probe.ExpectCompletion()
	})
}

// fail sends a message to a handler that fails because of it.
func fail(t *testing.T, u *upgrade.Upgrader, f func() error, want upgrade.CloseCode) {
	t.Helper()
	probe := wstest.NewWSProbe(t)
	wstest.WS("/fail?token=secret", probe.Flow()).Run(u.Handler(failing(f))).Check(func(*wstest.Response) {
		probe.SendText("abc")
		probe.ExpectClose(want)
	})
}

// A recorder notes the names of events in a list that it shares.
type recorder struct {
	name string
	to   *list
}

type list struct {
	mu    sync.Mutex
	names []string
}

func (l *list) add(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.names = append(l.names, name)
}

func (r recorder) Observe(e upgrade.Event) {
	switch e.(type) {
	case upgrade.Opened:
		r.to.add(r.name + " opened")
	case upgrade.Closed:
		r.to.add(r.name + " closed")
	}
}

type contextKey struct{}

// A labeler is a recorder that adds its name to contexts.
type labeler struct{ recorder }

func (l labeler) ConnContext(ctx context.Context, _ *upgrade.Conn) context.Context {
	before, _ := ctx.Value(contextKey{}).(string)
	return context.WithValue(ctx, contextKey{}, before+l.name)
}

func TestAllAreToldInTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := new(list)
		o := observe.All(recorder{"a", told}, nil, observe.All(recorder{"b", told}, recorder{"c", told}))
		talk(t, with(o, nil), echo, "/")
		synctest.Wait()
		require.Equal(t, []string{"a opened", "b opened", "c opened", "a closed", "b closed", "c closed"}, told.names)
	})
}

type broken struct{}

func (broken) Observe(upgrade.Event) { panic("boom") }

func TestAllAreToldThoughOnePanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		told := new(list)
		talk(t, with(observe.All(broken{}, recorder{"b", told}), slog.New(slog.NewTextHandler(&log, nil))), echo, "/")
		synctest.Wait()
		require.Equal(t, []string{"b opened", "b closed"}, told.names)
		require.Equal(t, 2, strings.Count(log.String(), "event=observer_panicked"))
		require.Contains(t, log.String(), "broken.Observe") // the stack
	})
}

func TestContextOfAHandlerPassesThroughAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := new(list)
		seen := make(chan any, 1)
		h := func(in source) source {
			return flow.TryMap(in, func(ctx context.Context, m message.Message) (message.Message, error) {
				seen <- ctx.Value(contextKey{})
				return m, nil
			})
		}
		talk(t, with(observe.All(labeler{recorder{"a", told}}, recorder{"b", told}, labeler{recorder{"c", told}}), nil), h, "/")
		require.Equal(t, "ac", <-seen)
	})
}

func TestAllOfNoneIsNone(t *testing.T) {
	require.Nil(t, observe.All())
	require.Nil(t, observe.All(nil, nil))
	one := new(observe.Counters)
	require.Same(t, one, observe.All(nil, one))
}

func TestCodeLabelsAreFew(t *testing.T) {
	all := map[string]bool{}
	for code := range 1 << 16 {
		all[observe.CodeLabel(upgrade.CloseCode(code))] = true
	}
	require.Len(t, all, 16+3)
	require.Equal(t, "1000", observe.CodeLabel(protocol.CloseNormal))
	require.Equal(t, "3xxx", observe.CodeLabel(3999))
	require.Equal(t, "4xxx", observe.CodeLabel(4000))
	require.Equal(t, "other", observe.CodeLabel(2999))
}
