package upgrade_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
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

// upgradeRequest is a correct one.
func upgradeRequest(headers ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "http://example.com/", nil)
	r.Header.Set("Connection", "keep-alive, Upgrade")
	r.Header.Set("Upgrade", "websocket")
	r.Header.Set("Sec-WebSocket-Version", "13")
	r.Header.Set("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

func TestCheckRejectsWithStatusAndHeaders(t *testing.T) {
	for _, test := range []struct {
		name    string
		request func() *http.Request
		status  int
		header  string
		value   string
	}{
		{"plain GET", func() *http.Request { return httptest.NewRequest(http.MethodGet, "/", nil) }, 426, "Upgrade", "websocket"},
		{"POST", func() *http.Request { return httptest.NewRequest(http.MethodPost, "/", nil) }, 405, "Allow", "GET"},
		{"version 12", func() *http.Request { return upgradeRequest("Sec-WebSocket-Version", "12") }, 426, "Sec-Websocket-Version", "13"},
		{"bad key", func() *http.Request { return upgradeRequest("Sec-WebSocket-Key", "short") }, 400, "", ""},
		{"bad subprotocol", func() *http.Request { return upgradeRequest("Sec-WebSocket-Protocol", "a b") }, 400, "", ""},
		{"body", func() *http.Request {
			r := upgradeRequest()
			r.ContentLength = 5
			return r
		}, 400, "", ""},
		{"HTTP/1.0", func() *http.Request {
			r := upgradeRequest()
			r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/1.0", 1, 0
			return r
		}, 505, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			var u upgrade.Upgrader
			_, err := u.Check(test.request())
			var rejection *upgrade.Rejection
			require.ErrorAs(t, err, &rejection)
			require.Equal(t, test.status, rejection.Status)
			require.NotEmpty(t, rejection.Reason)
			if test.header != "" {
				require.Equal(t, test.value, rejection.Header.Get(test.header))
			}
			w := httptest.NewRecorder()
			_, err = u.Upgrade(w, test.request())
			require.ErrorAs(t, err, &rejection)
			require.Equal(t, test.status, w.Code)
			require.Contains(t, w.Body.String(), rejection.Reason)
		})
	}
}

func TestOriginHasToBeTheHost(t *testing.T) {
	for _, test := range []struct {
		origin string
		ok     bool
	}{
		{"", true},
		{"http://example.com", true},
		{"https://example.com", true}, // TLS may end at a proxy
		{"https://EXAMPLE.com", true},
		{"http://example.com:80", true},
		{"https://partner.example", true}, // in Origins
		{"http://example.com:8080", false},
		{"http://evil.com", false},
		{"http://example.com.evil.com", false},
		{"http://evil.com/example.com", false},
		{"http://example.com@evil.com", false},
		{"null", false},
		{"example.com", false},
		{"://", false},
	} {
		t.Run(test.origin, func(t *testing.T) {
			u := upgrade.Upgrader{Settings: quiet, Origins: []string{"https://partner.example"}}
			r := upgradeRequest()
			if test.origin != "" {
				r.Header.Set("Origin", test.origin)
			}
			_, err := u.Check(r)
			if test.ok {
				require.NoError(t, err)
				return
			}
			var rejection *upgrade.Rejection
			require.ErrorAs(t, err, &rejection)
			require.Equal(t, http.StatusForbidden, rejection.Status)
			u = upgrade.Upgrader{InsecureAnyOrigin: true}
			_, err = u.Check(r)
			require.NoError(t, err)
		})
	}
	r := upgradeRequest()
	r.Header["Origin"] = []string{"http://example.com", "http://evil.com"}
	u := upgrade.Upgrader{Settings: quiet}
	_, err := u.Check(r)
	require.Error(t, err, "two of them")
}

func TestFirstOfferedSubprotocolThatTheServerSpeaks(t *testing.T) {
	u := upgrade.Upgrader{Subprotocols: []string{"chat.v1", "chat.v2"}}
	q, err := u.Check(upgradeRequest("Sec-WebSocket-Protocol", "chat.v3, chat.v2, chat.v1"))
	require.NoError(t, err)
	require.Equal(t, []string{"chat.v3", "chat.v2", "chat.v1"}, q.Subprotocols())
	require.Equal(t, "chat.v2", q.Subprotocol())
	require.Equal(t, "chat.v3", q.Choose("chat.v3"))
	require.Empty(t, q.Choose("CHAT.v3"))
	require.Empty(t, q.Subprotocol())
}

func TestHandlerFactoryChoosesAndRefuses(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		u := upgrade.Upgrader{Settings: quiet}
		mux := http.NewServeMux()
		mux.Handle("GET /rooms/{room}", u.HandlerFunc(func(q *upgrade.Request) (upgrade.Handler, error) {
			switch q.PathValue("room") {
			case "secret":
				return nil, upgrade.Reject(http.StatusForbidden, "not for you")
			case "broken":
				return nil, errors.New("internals")
			}
			q.Choose("chat")
			q.ResponseHeader().Set("X-Room", q.PathValue("room"))
			room := q.PathValue("room")
			return func(in source) source {
				return flow.TryMap(in, func(ctx context.Context, m message.Message) (message.Message, error) {
					c := upgrade.FromContext(ctx)
					return message.Text(room + " " + c.Subprotocol() + " " + c.Request().PathValue("room")), nil
				})
			}, nil
		}))
		server := wstest.NewServer(t, mux, w)
		d := server.Dialer()
		d.Subprotocols = []string{"other", "chat"}
		c, resp, err := d.Dial(t.Context(), server.URL("/rooms/blue"))
		require.NoError(t, err)
		require.Equal(t, "blue", resp.Header.Get("X-Room"))
		require.Equal(t, "chat", c.Subprotocol())
		require.NoError(t, c.Send(t.Context(), message.Text("x")))
		m, err := flow.Head[message.Message]().Run(t.Context(), c.Source())
		require.NoError(t, err)
		require.Equal(t, "blue chat blue", m.Text())
		require.NoError(t, c.Close(protocol.CloseNormal, ""))

		for room, status := range map[string]int{"secret": 403, "broken": 500} {
			_, resp, err = d.Dial(t.Context(), server.URL("/rooms/"+room))
			var rejection *upgrade.RefusedError
			require.ErrorAs(t, err, &rejection)
			require.Equal(t, status, rejection.Status)
			body, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			require.NotContains(t, string(body), "internals")
		}
	})
}

// A recorder is what logging middleware wraps a ResponseWriter in.
type recorder struct {
	http.ResponseWriter
	status int
}

func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *recorder) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func TestWrappedResponseWriterAndItsHeaders(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		s := serve(echo, quiet)
		logging := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.SetCookie(w, &http.Cookie{Name: "session", Value: "42"})
			s.ServeHTTP(&recorder{ResponseWriter: w}, r)
		})
		server := wstest.NewServer(t, logging, w)
		c, resp, err := server.Dialer().Dial(t.Context(), server.URL("/"))
		require.NoError(t, err)
		require.Equal(t, "session=42", resp.Header.Get("Set-Cookie"))
		require.NoError(t, c.Close(protocol.CloseNormal, ""))
		s.expectEnd(t, 0, false)
	})
}

func TestResponseWriterThatCannotBeTakenOver(t *testing.T) {
	var u upgrade.Upgrader
	w := httptest.NewRecorder()
	_, err := u.Upgrade(w, upgradeRequest())
	require.ErrorIs(t, err, http.ErrNotSupported)
	require.Equal(t, http.StatusNotImplemented, w.Code)
}

func TestBytesBehindTheRequestAreNotLost(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		s := serve(echo, quiet)
		server := wstest.NewServer(t, s, w)
		nc := server.RawDial()
		ask := protocol.ClientHandshake{Host: "example.com", Key: protocol.NewKey()}
		all, err := ask.AppendRequest(nil)
		require.NoError(t, err)
		for _, text := range []string{"one", strings.Repeat("2", 10_000), "three"} {
			all = wstest.TextFrame(text).Append(all, protocol.Client)
		}
		_, err = nc.Write(all)
		require.NoError(t, err)
		br := bufio.NewReader(nc)
		resp, err := http.ReadResponse(br, nil)
		require.NoError(t, err)
		require.Equal(t, 101, resp.StatusCode)
		glued, err := br.Peek(br.Buffered())
		require.NoError(t, err)
		p := wstest.NewPeer(t, nc, protocol.Client, glued)
		p.ExpectText("one")
		p.ExpectText(strings.Repeat("2", 10_000))
		p.ExpectText("three")
	})
}

func TestNoHandshakesAfterShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(echo, quiet)
		server := wstest.NewServer(t, s)
		require.NoError(t, s.Shutdown(t.Context()))
		_, resp, err := server.Dialer().Dial(t.Context(), server.URL("/"))
		var rejection *upgrade.RefusedError
		require.ErrorAs(t, err, &rejection)
		require.Equal(t, http.StatusServiceUnavailable, rejection.Status)
		require.NotEmpty(t, resp.Header.Get("Retry-After"))
	})
}

func TestHandlersContextKeepsTheRequestsValuesWithoutItsCancellation(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		type key struct{}
		u := upgrade.Upgrader{Settings: quiet}
		h := u.Handler(func(in source) source {
			return flow.TryMap(in, func(ctx context.Context, _ message.Message) (message.Message, error) {
				return message.Text(ctx.Value(key{}).(string)), ctx.Err()
			})
		})
		server := wstest.NewServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx, cancel := context.WithCancel(context.WithValue(r.Context(), key{}, "kept"))
			defer cancel()
			h.ServeHTTP(w, r.WithContext(ctx))
		}), w)
		p := connect(t, server, "/")
		p.text("x")
		p.expectText("kept")
	})
}
