package upgrade_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

type contextKey struct{}

func TestOpenedHasTheRequestOnBothSides(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		served, dialed := new(witness), new(witness)
		u := &upgrade.Upgrader{Settings: upgrade.Settings{Observer: served}}
		server := wstest.NewServer(t, u.Handler(func(in flow.Source[message.Message]) flow.Source[message.Message] { return in }))
		dialer := server.Dialer()
		dialer.Observer = dialed
		c, _, err := dialer.Dial(context.WithValue(t.Context(), contextKey{}, "mine"), server.URL("/room?token=secret"))
		require.NoError(t, err)
		require.NoError(t, c.Close(protocol.CloseNormal, ""))
		synctest.Wait()

		there, here := seen[upgrade.Opened](served)[0], seen[upgrade.Opened](dialed)[0]
		require.Same(t, there.Conn.Request(), there.Request)
		require.Same(t, c, here.Conn)
		require.Nil(t, c.Request())
		require.Equal(t, "/room", here.Request.URL.Path)
		require.Equal(t, "mine", here.Request.Context().Value(contextKey{}))
		require.NotEqual(t, there.Conn.ID(), here.Conn.ID())
	})
}

func TestURLOfAFailedDialHasNoSecrets(t *testing.T) {
	w := new(witness)
	d := upgrade.Dialer{Settings: upgrade.Settings{Observer: w}}
	_, _, err := d.Dial(t.Context(), "http://ada:secret@example.com/room?token=secret#secret")
	require.Error(t, err)
	require.NotContains(t, err.Error(), "secret")
	failed := seen[upgrade.DialFailed](w)
	require.Len(t, failed, 1)
	require.Equal(t, "http://example.com/room", failed[0].URL)
}

func TestRefusedHasTheStatusThatWasAnswered(t *testing.T) {
	for status, want := range map[int]int{0: 500, 200: 500, 403: 403, 1000: 500} {
		w := new(witness)
		u := &upgrade.Upgrader{Settings: upgrade.Settings{Observer: w}}
		answer := httptest.NewRecorder()
		u.Refuse(answer, httptest.NewRequest(http.MethodGet, "/", nil), upgrade.Reject(status, "no"))
		require.Equal(t, want, answer.Code)
		require.Equal(t, want, seen[upgrade.Refused](w)[0].Status)
	}
}

func TestLimitIsFoundBehindRefusalsAndEndings(t *testing.T) {
	over := &upgrade.LimitError{Limit: upgrade.LimitMessageRate}
	require.Equal(t, upgrade.LimitMessageRate, upgrade.Closed{Cause: &upgrade.CloseError{Err: over}}.Limit())
	require.Empty(t, upgrade.Closed{Cause: &upgrade.CloseError{}}.Limit())
	require.Empty(t, upgrade.Closed{}.Limit())
	require.Empty(t, upgrade.Refused{}.Limit())
	require.Empty(t, upgrade.Refused{Rejection: &upgrade.Rejection{}}.Limit())
}

// Package observe documents the keys.
func TestLogsOfAConnectionSayWhichOneItWas(t *testing.T) {
	for name, tc := range map[string]struct {
		f    func() error
		keys []string
	}{
		"error": {func() error { return errors.New("no") }, []string{"error"}},
		"panic": {func() error { panic("no") }, []string{"panic", "stack"}},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			u := &upgrade.Upgrader{Settings: upgrade.Settings{Logger: slog.New(slog.NewJSONHandler(&log, nil))}}
			probe := wstest.NewWSProbe(t)
			wstest.WS("/room?token=secret", probe.Flow()).Run(u.Handler(func(in flow.Source[message.Message]) flow.Source[message.Message] {
				return flow.TryMap(in, func(_ context.Context, m message.Message) (message.Message, error) { return m, tc.f() })
			})).Check(func(*wstest.Response) {
				probe.SendText("abc")
				probe.ExpectClose(protocol.CloseInternalError)
			})
			var record map[string]any
			require.NoError(t, json.Unmarshal(log.Bytes(), &record)) // one
			require.Equal(t, "failed", record["event"])
			require.Equal(t, "/room", record["path"])
			require.NotEmpty(t, record["remote"])
			require.NotZero(t, record["conn"])
			for _, key := range tc.keys {
				require.NotEmpty(t, record[key])
			}
			require.NotContains(t, log.String(), "secret")
		})
	}
}
