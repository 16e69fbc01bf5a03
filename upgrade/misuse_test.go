package upgrade_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// What a program gets wrong, or does at an awkward time, ends in good order.

func TestRejectionWithoutAStatusIs500(t *testing.T) {
	u := upgrade.Upgrader{Settings: quiet}
	h := u.HandlerFunc(func(*upgrade.Request) (upgrade.Handler, error) {
		return nil, &upgrade.Rejection{Reason: "no"}
	})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, upgradeRequest())
	require.Equal(t, http.StatusInternalServerError, w.Code)
	require.Equal(t, "no\n", w.Body.String())
}

func TestResponseHeaderThatCannotBeSentIsLoggedAndIs500(t *testing.T) {
	var logged strings.Builder
	u := upgrade.Upgrader{Settings: upgrade.Settings{Logger: slog.New(slog.NewTextHandler(&logged, nil))}}
	h := u.HandlerFunc(func(q *upgrade.Request) (upgrade.Handler, error) {
		q.ResponseHeader().Set("X-Split", "a\r\nb")
		return echo, nil
	})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, upgradeRequest())
	require.Equal(t, http.StatusInternalServerError, w.Code)
	require.NotContains(t, w.Body.String(), "X-Split")
	require.Contains(t, logged.String(), "X-Split")
}

// A bomb is a logger that panics.
type bomb struct{ slog.Handler }

func (bomb) Enabled(context.Context, slog.Level) bool  { return true }
func (bomb) Handle(context.Context, slog.Record) error { panic("logger") }

func TestLoggerThatPanicsKeepsNoConnectionOpen(t *testing.T) {
	for name, h := range map[string]handler{
		"failure": func(source) source { return flow.Fail[message.Message](errors.New("broken")) },
		"panic":   func(source) source { panic("handler") },
	} {
		t.Run(name, func(t *testing.T) {
			onWires(t, func(t *testing.T, w wstest.Wire) {
				s := serve(h, upgrade.Settings{Logger: slog.New(bomb{slog.DiscardHandler})})
				p := connect(t, wstest.NewServer(t, s, w), "/")
				p.expectClose(protocol.CloseInternalError, "")
				p.close(protocol.CloseInternalError, "")
				p.expectEOF()
				s.expectEnd(t, protocol.CloseInternalError, false)
			})
		})
	}
}

func TestReasonThatIsNotUTF8IsMendedBeforeItIsSent(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		s := serve(func(source) source {
			return flow.Fail[message.Message](&upgrade.CloseError{Code: 4000, Reason: "caf\xe9"})
		}, quiet)
		p := connect(t, wstest.NewServer(t, s, w), "/")
		p.expectClose(4000, "caf\uFFFD")
		p.close(4000, "")
		s.expectEnd(t, 4000, false)
	})
}

func TestCloseThatMayNotBeSentDoesNothing(t *testing.T) {
	for name, test := range map[string]upgrade.CloseError{
		"code for no one":     {Code: protocol.CloseAbnormal},
		"reason without code": {Code: protocol.CloseNoStatus, Reason: "x"},
		"reason not in UTF-8": {Code: protocol.CloseNormal, Reason: "\xff"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := wstest.NewServer(t, serve(echo, quiet)).Dial("/")
				require.ErrorIs(t, c.Close(test.Code, test.Reason), protocol.ErrInvalidClose)
				require.Nil(t, c.Closed())
				require.NoError(t, c.Send(t.Context(), message.Text("goes on")))
				m, err := flow.Head[message.Message]().Run(t.Context(), c.Source())
				require.NoError(t, err)
				require.Equal(t, "goes on", m.Text())
				require.NoError(t, c.Close(protocol.CloseNormal, ""))
			})
		})
	}
}

func TestGoexitWhileTheHandlerIsBuiltClosesWith1011(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		u := &upgrade.Upgrader{Settings: quiet}
		p := connect(t, wstest.NewServer(t, u.Handler(func(source) source { runtime.Goexit(); return source{} }), w), "/")
		p.expectClose(protocol.CloseInternalError, "")
		p.close(protocol.CloseInternalError, "")
		p.expectEOF()
		require.NoError(t, u.Shutdown(t.Context()), "it knows that the connection is gone")
	})
}
