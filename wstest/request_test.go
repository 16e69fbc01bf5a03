package wstest_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/routing"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// seen serves a handshake with echo, and keeps the request.
func seen(got **http.Request) http.Handler {
	return upgrade.Default.HandlerFunc(func(q *upgrade.Request) (upgrade.Handler, error) {
		*got = q.Request
		q.Choose("b")
		return echo, nil
	})
}

func TestRequestCarriesWhatItIsGiven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got *http.Request
		probe := wstest.NewWSProbe(t)
		r := wstest.WS("/chat?room=1", probe.Flow()).
			Header("X-Token", "one").Header("X-Token", "two").
			Cookie("session", "42").Cookie("theme", "dark").
			Subprotocols("a").Subprotocols("b", "c").
			Run(seen(&got))
		require.True(t, r.IsWebSocketUpgrade())
		require.Equal(t, "b", r.Subprotocol())
		require.Equal(t, "/chat?room=1", got.RequestURI)
		require.Equal(t, []string{"one", "two"}, got.Header.Values("X-Token"))
		require.Equal(t, "session=42; theme=dark", got.Header.Get("Cookie"))
		require.Equal(t, "a, b, c", got.Header.Get("Sec-WebSocket-Protocol"))
		require.Equal(t, "server", got.Host)
	})
}

func TestWholeURLNamesTheHost(t *testing.T) {
	for _, target := range []string{"ws://chat.example.com/x", "wss://chat.example.com/x"} {
		t.Run(target, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var got *http.Request
				probe := wstest.NewWSProbe(t)
				secure := strings.HasPrefix(target, "wss")
				wstest.WS(target, probe.Flow()).Over(wstest.Wire{TLS: secure}).Run(seen(&got))
				require.Equal(t, "chat.example.com", got.Host)
				require.Equal(t, secure, got.TLS != nil)
			})
		})
	}
}

func TestRefusalIsAResponse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		probe := wstest.NewWSProbe(t)
		r := wstest.WS("/", probe.Flow()).Run(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("WWW-Authenticate", "Basic")
			http.Error(w, "who are you?", http.StatusUnauthorized)
		}))
		require.False(t, r.IsWebSocketUpgrade())
		require.Equal(t, http.StatusUnauthorized, r.StatusCode)
		require.Equal(t, "Basic", r.Header.Get("WWW-Authenticate"))
		require.Equal(t, "who are you?\n", r.Text())
		require.Nil(t, r.Conn())
		require.Empty(t, r.Rejections())
	})
}

func TestResponseHasTheRejectionsOfARoute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		route := routing.Concat(
			routing.Path("POST /x", routing.HandleWebSocketMessages(echo)),
			routing.Path("/x", routing.HandleWebSocketMessagesForProtocol(echo, "v1")),
			routing.Path("/y", routing.HandleWebSocketMessages(echo)),
		)
		probe := wstest.NewWSProbe(t)
		wstest.WS("/x", probe.Flow()).Run(route).Check(func(r *wstest.Response) {
			require.Equal(t, []error{
				&routing.MethodRejection{Allowed: []string{"POST"}},
				&routing.SubprotocolRejection{Supported: []string{"v1"}},
			}, r.Rejections())
			require.Equal(t, http.StatusBadRequest, r.StatusCode)
		})
		require.Empty(t, wstest.HTTP("GET", "/z").Run(route).Rejections())
	})
}

func TestOrdinaryRequestDoesNotFollowRedirects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := wstest.HTTP("PUT", "/x").Header("X-A", "1").Run(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/"+r.Method+r.Header.Get("X-A"), http.StatusFound)
		}))
		require.Equal(t, http.StatusFound, r.StatusCode)
		require.Equal(t, "/PUT1", r.Header.Get("Location"))
	})
}

func TestOrdinaryRequestOverEveryWire(t *testing.T) {
	for _, wire := range append(wstest.Wires(), wstest.Wire{TLS: true}) {
		t.Run(wire.String(), func(t *testing.T) {
			r := wstest.HTTP("GET", "/x").Over(wire).Run(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprint(w, r.URL.Path, r.Proto)
			}))
			require.Equal(t, "/xHTTP/1.1", r.Text())
		})
	}
}

func TestRunPanicsWithoutAResponse(t *testing.T) {
	hangUp := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if nc, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = nc.Close()
		}
	})
	liar := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if nc, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_, _ = io.WriteString(nc, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
			_ = nc.Close()
		}
	})
	synctest.Test(t, func(t *testing.T) {
		require.Panics(t, func() { wstest.WS("/", echo).Run(hangUp) })
		require.Panics(t, func() { wstest.HTTP("GET", "/").Run(hangUp) })
		require.Panics(t, func() { wstest.WS("://", echo).Run(hangUp) })
		require.Panics(t, func() { wstest.WS("/", echo).Run(liar) })
		require.Panics(t, func() { wstest.WS("/", nil) })
	})
	require.Panics(t, func() { wstest.HTTP("GET", "/").Over(wstest.Wire{TCP: true, Buffer: 1}).Run(hangUp) })
}

func TestAnyHandlerCanBeTheClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := wstest.NewWSProbe(t)
		r := wstest.WS("/", echo).Run(upgrade.Default.Handler(server.Flow()))
		server.SendText("Peter")
		server.ExpectText("Peter")
		server.SendClose(4000, "enough")
		server.ExpectClose(4000)
		synctest.Wait()
		require.Equal(t, &upgrade.CloseError{Code: 4000, Reason: "enough", FromPeer: true}, r.Conn().Closed())
	})
}

func TestOrdinaryRequestMayAskForAnUpgradeByHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := wstest.HTTP("GET", "/greeter").
			Header("Upgrade", "websocket").Header("Connection", "Upgrade").
			Header("Sec-WebSocket-Version", "13").Header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==").
			Run(route)
		require.True(t, r.IsWebSocketUpgrade())
		require.Equal(t, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", r.Header.Get("Sec-WebSocket-Accept"))
		require.Nil(t, r.Conn())
	})
}
