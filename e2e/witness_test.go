package e2e_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/upgrade"
)

// A house is a server of ours inside the test, so that the test also sees the handler's side.
type house struct {
	upgrader *upgrade.Upgrader
	log      *output
	url      string // with the scheme ws or wss
}

// open starts a server that serves every connection with h.
func open(t *testing.T, scheme string, settings upgrade.Settings, h upgrade.Handler) *house {
	t.Helper()
	log := new(output)
	settings.Logger = slog.New(slog.NewTextHandler(log, nil))
	ws := &upgrade.Upgrader{Settings: settings, Subprotocols: []string{"b", "c"}}
	s := httptest.NewUnstartedServer(ws.Handler(h))
	s.Config.ErrorLog = slog.NewLogLogger(slog.NewTextHandler(log, nil), slog.LevelError)
	if scheme == "wss" {
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := ws.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		s.Close()
		if t.Failed() {
			t.Logf("the server's log:\n%s", log)
		}
	})
	return &house{upgrader: ws, log: log, url: "ws" + strings.TrimPrefix(s.URL, "http")}
}

// quiet is for errors that a test has made itself.
var quiet = slog.New(slog.DiscardHandler)

// A witness is a handler that greets, and tells how its input has ended.
type witness struct {
	endings chan ending
}

// An ending is what a handler has seen of the end of its connection.
type ending struct {
	err    error               // of the input
	closed *upgrade.CloseError // what the connection said
	cause  error               // of the end of the handler's context, if that came with it
}

func newWitness() *witness { return &witness{endings: make(chan ending, 1)} }

func (w *witness) handle(in flow.Source[message.Message]) flow.Source[message.Message] {
	return flow.FromFunc(func(ctx context.Context, emit func(message.Message) error) error {
		err := greet(in).Run(ctx, emit)
		e := ending{err: err, closed: upgrade.FromContext(ctx).Closed()}
		if e.closed != nil && e.closed.Code == 1006 {
			<-ctx.Done()
		}
		e.cause = context.Cause(ctx)
		w.endings <- e
		return err
	})
}

// greet answers strict texts at once and streamed ones while they come.
func greet(in flow.Source[message.Message]) flow.Source[message.Message] {
	return flow.Map(in, func(name message.Message) message.Message {
		return message.TextStream(flow.Concat(flow.Of("Hello "), name.TextChunks(), flow.Of("!")))
	})
}

// ending waits until the handler has ended.
func (w *witness) ending(t *testing.T) ending {
	t.Helper()
	return receive(t, w.endings, "the end of the handler")
}

// wantError compares the error of the handler's input: a nil want means that the input is complete.
func (e ending) wantError(t *testing.T, want *upgrade.CloseError) {
	t.Helper()
	if want == nil {
		require.NoError(t, e.err)
		return
	}
	got, ok := errors.AsType[*upgrade.CloseError](e.err)
	require.True(t, ok, "%v", e.err)
	require.Equal(t, *want, said(got))
}

// said returns a CloseError without what lies behind it.
func said(e *upgrade.CloseError) upgrade.CloseError {
	return upgrade.CloseError{Code: e.Code, Reason: e.Reason, FromPeer: e.FromPeer}
}
