package upgrade_test

import (
	"bufio"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
)

// A takes is a ResponseWriter that is taken over as a test wants.
type takes struct {
	*httptest.ResponseRecorder
	hijack func() (net.Conn, error)
}

func (w takes) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	nc, err := w.hijack()
	return nc, bufio.NewReadWriter(bufio.NewReader(nc), bufio.NewWriter(nc)), err
}

func TestAPlaceIsGivenBackOnceHoweverAConnectionEnds(t *testing.T) {
	upgraded := func(t *testing.T, u *upgrade.Upgrader) (*upgrade.Conn, net.Conn) {
		ours, theirs := net.Pipe()
		go func() { _, _ = io.Copy(io.Discard, theirs) }()
		c, err := u.Upgrade(takes{httptest.NewRecorder(), func() (net.Conn, error) { return ours, nil }}, upgradeRequest())
		require.NoError(t, err)
		return c, theirs
	}
	for name, use := range map[string]func(t *testing.T, u *upgrade.Upgrader){
		"the writer cannot be taken over": func(t *testing.T, u *upgrade.Upgrader) {
			_, err := u.Upgrade(httptest.NewRecorder(), upgradeRequest())
			require.Error(t, err)
		},
		"taking over fails": func(t *testing.T, u *upgrade.Upgrader) {
			_, err := u.Upgrade(takes{httptest.NewRecorder(), func() (net.Conn, error) { return nil, errors.New("no") }}, upgradeRequest())
			require.Error(t, err)
		},
		"taking over panics": func(t *testing.T, u *upgrade.Upgrader) {
			require.Panics(t, func() {
				_, _ = u.Upgrade(takes{httptest.NewRecorder(), func() (net.Conn, error) { panic("no") }}, upgradeRequest())
			})
		},
		"the handshake cannot be written": func(t *testing.T, u *upgrade.Upgrader) {
			ours, theirs := net.Pipe()
			_ = theirs.Close()
			_, err := u.Upgrade(takes{httptest.NewRecorder(), func() (net.Conn, error) { return ours, nil }}, upgradeRequest())
			require.Error(t, err)
		},
		"the header cannot be sent": func(t *testing.T, u *upgrade.Upgrader) {
			w := httptest.NewRecorder()
			w.Header().Set("X", "a\r\nb")
			_, err := u.Upgrade(w, upgradeRequest())
			require.Error(t, err)
		},
		"the factory refuses": func(t *testing.T, u *upgrade.Upgrader) {
			w := httptest.NewRecorder()
			u.HandlerFunc(func(*upgrade.Request) (upgrade.Handler, error) { return nil, errors.New("no") }).ServeHTTP(w, upgradeRequest())
			require.Equal(t, 500, w.Code)
		},
		"no handler": func(t *testing.T, u *upgrade.Upgrader) {
			w := httptest.NewRecorder()
			u.HandlerFunc(func(*upgrade.Request) (upgrade.Handler, error) { return nil, nil }).ServeHTTP(w, upgradeRequest())
			require.Equal(t, 500, w.Code)
		},
		"it is never run and closed": func(t *testing.T, u *upgrade.Upgrader) {
			c, _ := upgraded(t, u)
			_ = c.Close(protocol.CloseNormal, "") // which is not answered
			_ = c.Close(protocol.CloseNormal, "")
		},
		"it is never run and cut": func(t *testing.T, u *upgrade.Upgrader) {
			c, theirs := upgraded(t, u)
			_ = theirs.Close()
			require.Error(t, c.Send(t.Context(), message.Text("x")))
		},
		"it is cut and then run": func(t *testing.T, u *upgrade.Upgrader) {
			c, theirs := upgraded(t, u)
			_ = theirs.Close()
			require.Error(t, c.Send(t.Context(), message.Text("x")))
			require.Error(t, c.Run(t.Context(), echo))
			require.ErrorIs(t, c.Run(t.Context(), echo), flow.ErrConsumed)
		},
		"the handler ends": func(t *testing.T, u *upgrade.Upgrader) {
			c, _ := upgraded(t, u)
			_ = c.Run(t.Context(), func(source) source { return flow.Empty[message.Message]() })
		},
		"the handler panics": func(t *testing.T, u *upgrade.Upgrader) {
			c, _ := upgraded(t, u)
			_ = c.Run(t.Context(), func(source) source { panic("no") })
		},
		"the handler leaves its goroutine": func(t *testing.T, u *upgrade.Upgrader) {
			c, _ := upgraded(t, u)
			done := make(chan struct{})
			go func() {
				defer close(done)
				_ = c.Run(t.Context(), func(source) source { runtime.Goexit(); return source{} })
			}()
			<-done
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				u := &upgrade.Upgrader{Settings: upgrade.Settings{Logger: slog.New(slog.DiscardHandler)}, MaxConnections: 1, MaxConnectionsPerKey: 1}
				use(t, u)
				synctest.Wait()
				c, theirs := upgraded(t, u) // there is room for one
				_, err := u.Check(upgradeRequest())
				require.Error(t, err) // and no more
				_ = theirs.Close()
				_ = c.Run(t.Context(), echo)
				_, err = u.Check(upgradeRequest())
				require.NoError(t, err)
			})
		})
	}
}
